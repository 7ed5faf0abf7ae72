package query

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// truth is what Defender knows of the app that a record stands for.
func (r *rig) truth() map[string]simulator.TruthApp {
	out := map[string]simulator.TruthApp{}
	for app := range r.sim.Truth() {
		out["defender-app:"+app.ID] = app
	}
	return out
}

func latest(app simulator.TruthApp) (last time.Time) {
	for _, row := range app.Rows {
		if row.LastActivity.After(last) {
			last = row.LastActivity
		}
	}
	return last
}

func TestRiskAndTagsComeFromDefender(t *testing.T) {
	r := newRig(t, several())
	truth := r.truth()
	for _, a := range r.apps(AppsOptions{WithRisk: true}) {
		w, ok := truth[r.held.SaaS[a.Name].LinkKey]
		if !ok || !a.Discovered || a.Risk != float64(w.Score) || a.Tag != w.Tag || !a.LastSeen.Equal(latest(w)) {
			t.Errorf("%s: got %v, %q, %s; want %d, %q, %s", a.Name, a.Risk, a.Tag, a.LastSeen, w.Score, w.Tag, latest(w))
		}
	}
	r.noted("live from Defender")
	r.clean()
}

func TestAnotherIntegrationsRecordsAreFoundInDefenderByName(t *testing.T) {
	r := newRig(t, several())
	byName := map[string][]simulator.TruthApp{}
	for _, app := range r.truth() {
		byName[strings.ToLower(app.Name)] = append(byName[strings.ToLower(app.Name)], app)
	}
	found := 0
	for _, a := range r.apps(AppsOptions{CreatedBy: "okta_integration", WithRisk: true}) {
		w := byName[strings.ToLower(a.Name)]
		if len(w) == 1 && (a.Tag != w[0].Tag || a.Risk != float64(w[0].Score)) {
			t.Errorf("%s: got %v, %q; want %d, %q", a.Name, a.Risk, a.Tag, w[0].Score, w[0].Tag)
		}
		if len(w) != 1 && a.Discovered {
			t.Errorf("%s stands for one of %d apps, which can't be told", a.Name, len(w))
		}
		found++
	}
	if found == 0 {
		t.Error("there are no such records")
	}
}

func TestAppsAreFilteredByTag(t *testing.T) {
	r := newRig(t, several())
	truth := r.truth()
	tagged := func(tag string) map[string]expect {
		return r.expected(func(s simulator.HeldSaaS) bool { return r.ours(s) && truth[s.LinkKey].Tag == tag })
	}
	r.sameNames(r.apps(AppsOptions{Unsanctioned: true}), tagged("Unsanctioned"))
	r.sameNames(r.apps(AppsOptions{Sanctioned: true}), tagged("Sanctioned"))
}

func TestTheRiskiestComeFirst(t *testing.T) {
	r := newRig(t, several())
	apps := r.apps(AppsOptions{Sort: "risk"})
	if !slices.IsSortedFunc(apps, func(a, b App) int { return int(a.Risk - b.Risk) }) || apps[0].Risk != 1 {
		t.Errorf("the first scores are %v, %v, %v", apps[0].Risk, apps[1].Risk, apps[2].Risk)
	}
}

func TestWithoutDefenderItsColumnsStayEmptyUnlessAFlagNeedsThem(t *testing.T) {
	r := newRig(t, several())
	r.Defender = nil
	apps := r.apps(AppsOptions{WithRisk: true})
	r.sameNames(apps, r.expected(r.ours))
	for _, a := range apps {
		if a.Discovered || a.Risk != 0 || a.Tag != "" {
			t.Errorf("%s tells what nobody has told: %+v", a.Name, a)
		}
	}
	r.noted("set DEFENDER_API_URL and DEFENDER_API_KEY")
	for _, o := range []AppsOptions{{Unsanctioned: true}, {Sanctioned: true}, {Sort: "risk"}, {Sort: "active,tag"}} {
		_, err := r.ReadApps(t.Context(), o)
		if _, ok := errors.AsType[*NeedsDefenderError](err); !ok || !strings.Contains(err.Error(), "DEFENDER_API_KEY") {
			t.Errorf("%+v gives %v, want an error that says what to set", o, err)
		}
	}
}

func TestALongReadingIsAnnounced(t *testing.T) {
	r := newRig(t, several())
	r.Budget = 30
	r.noteLive("reading much", 310)
	r.noted("310 requests, at least 10m20s at 30 requests a minute")
	r.noteLive("reading little", 1)
	r.noted("reading little: 1 request")
}
