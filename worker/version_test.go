package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/config"
	"defendersync/internal/versions"
)

// routes are what a worker reads of its task queue, one after the other; the last one
// for good. A nil one cannot be read.
type routes []*versions.Routing

func (r *routes) ReadRouting(context.Context) (versions.Routing, error) {
	next := (*r)[0]
	if len(*r) > 1 {
		*r = (*r)[1:]
	}
	if next == nil {
		return versions.Routing{}, errors.New("away")
	}
	return *next, nil
}

func TestAWorkerTellsAtOnceWhetherItGetsNewWorkAndWhenThatChanges(t *testing.T) {
	own, other := versions.Version{Deployment: "hr", Build: "2"}, versions.Version{Deployment: "hr", Build: "1"}
	bare := &versions.Routing{}
	for name, tc := range map[string]struct {
		own    versions.Version
		routes routes
		want   []string
	}{
		"without a version":                {versions.Version{}, routes{bare}, nil},
		"without one, while one is":        {versions.Version{}, routes{bare, {Current: other}, bare}, []string{"warn this worker has no version", "info worker versioning is off"}},
		"that is current":                  {own, routes{{Current: own}}, []string{"info build 2 of hr gets new work"}},
		"that is promoted later":           {own, routes{bare, bare, {Current: own}}, []string{"warn no build is current", "info build 2 of hr gets new work"}},
		"that is replaced":                 {own, routes{{Current: own}, {Current: other}}, []string{"info build 2 of hr gets new work", "warn build 2 of hr is neither current nor ramping"}},
		"whose queue can't be read at all": {own, routes{nil}, nil},
		"whose queue can be read later":    {own, routes{nil, bare}, []string{"warn no build is current"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			f := &follower{own: tc.own, from: &tc.routes, log: zerolog.New(&out).Level(zerolog.InfoLevel)}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			if err := f.follow(ctx); err != nil {
				t.Error(err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if out.Len() == 0 {
				lines = nil
			}
			if len(lines) != len(tc.want) {
				t.Fatalf("%s: it tells %q", name, lines)
			}
			for i, want := range tc.want {
				level, text, _ := strings.Cut(want, " ")
				if !strings.Contains(lines[i], `"level":"`+level+`"`) || !strings.Contains(lines[i], `"message":"`+text) {
					t.Errorf("%s: it tells %q, not %q", name, lines[i], want)
				}
				if level == "warn" && !strings.Contains(lines[i], "defendersync workers") {
					t.Errorf("%s: it does not say what to do: %q", name, lines[i])
				}
			}
		})
	}
}

func TestTheSettingsDecideOnVersioning(t *testing.T) {
	if o := deploymentOptions(config.Worker{}); o.UseVersioning || o.Version.BuildID != "" || o.Version.DeploymentName != "" {
		t.Errorf("without settings: %+v", o)
	}
	s := config.Worker{DeploymentName: "hr", BuildID: "2"}
	if o := deploymentOptions(s); !o.UseVersioning || o.Version.DeploymentName != "hr" || o.Version.BuildID != "2" {
		t.Errorf("with both: %+v", o)
	}
	if v := versionOf(s); v != (versions.Version{Deployment: "hr", Build: "2"}) {
		t.Errorf("its version is %v", v)
	}
}
