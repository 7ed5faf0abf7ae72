package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"defendersync/internal/reporting/page"
	"defendersync/internal/testing/simulator"
)

func TestThePageOfIntegrationsHasWhatTheTableHas(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	v := viewOverviewPage(overviewOf(manyStates()...), berlin)
	by := map[string]page.Integration{}
	for _, i := range v.Integrations {
		by[i.Name] = i
	}
	if v.Zone != berlin || !v.Generated.Equal(noon) || v.Namespace != "apps" || len(by) != 7 {
		t.Errorf("the page is %+v", v)
	}
	for name, is := range map[string]func(page.Integration) bool{
		"failing": func(i page.Integration) bool {
			return i.State == page.StateCritical && i.Notices == "2 unread, 1 undelivered" && i.Version == "build 0.3.0 of d" && strings.Contains(i.Remarks[0].Text, "failed sessions")
		},
		"locked": func(i page.Integration) bool {
			return i.State == page.StateUnknown && strings.HasPrefix(i.Remarks[0].Text, "not all can be read: ")
		},
		"nowhere": func(i page.Integration) bool {
			return i.State == page.StateUnknown && i.LastGood.IsZero() && i.Worker == "" && i.Next.IsZero()
		},
		"paused": func(i page.Integration) bool {
			return i.State == page.StateOK && i.Paused == "paused for 2 days" && i.Next.IsZero() && strings.HasPrefix(i.Remarks[0].Text, "paused by ann@desk since Sun 2026-11-22 10:00:00 UTC")
		},
		"pausing": func(i page.Integration) bool {
			return i.Paused == "paused until 25 Nov 2026, 09:00 CET" && strings.Contains(i.Remarks[0].Text, ": move of the data centre")
		},
		"running": func(i page.Integration) bool {
			return i.Running == "apps 27 of ~55, about 12m left" && !i.LastGood.IsZero() && !i.Next.IsZero()
		},
	} {
		if !is(by[name]) {
			t.Errorf("%s is %+v", name, by[name])
		}
	}
}

func TestStatusWritesAFile(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	folder := t.TempDir()
	html, json := filepath.Join(folder, "all.html"), filepath.Join(folder, "all.json")
	eventually(t, "the integration is listed", func() bool {
		return strings.Contains(r.run("status", "--output", "html").out, r.Name)
	})
	got := r.run("status", "--file", html).says("to " + html)
	if text, err := os.ReadFile(html); err != nil || got.out != "" || got.code == plugOK || !strings.Contains(string(text), "<!doctype html>") || !strings.Contains(string(text), r.Name) {
		t.Errorf("it ended with %d and printed %q; the file: %v, %.100s", got.code, got.out, err, text)
	}
	r.run("status", "--file", json)
	if text, err := os.ReadFile(json); err != nil || !strings.HasPrefix(string(text), "{\n") {
		t.Errorf("the file: %v, %.100s", err, text)
	}
	r.run("status", "--file", filepath.Join(folder, "nowhere", "all.html")).ends(plugUnknown).says("nowhere")
	r.run("status", "--output", "xlsx").ends(plugUnknown).says(`--output "xlsx": use table, json or html`)
}
