package page

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// allStatesOverview has an integration of each kind.
func allStatesOverview() Overview {
	day := 24 * time.Hour
	return Overview{Namespace: "saas", Generated: now, Integrations: []Integration{
		{Name: "emea", State: StateOK, LastGood: now.Add(-time.Hour), Next: now.Add(time.Hour), Running: "apps 27 of ~55, about 12m left", Worker: "2.0s ago"},
		{
			Name: "apac", State: StateUnknown, LastGood: now.Add(-time.Hour), Next: now.Add(time.Hour), Worker: "2.0s ago",
			Remarks: []Remark{{StateUnknown, "not all can be read: PAYLOAD_ENCRYPTION_KEY must be the same as the workers'"}},
		},
		{
			Name: "latam", State: StateCritical, LastGood: now.Add(-2 * day), Next: now.Add(time.Hour), Notices: "2 unread, 1 undelivered", Worker: "1.3s ago",
			Remarks: []Remark{{StateCritical, "failed sessions since the last good one: 2"}, {StateWarning, "a notice was not delivered by email: mail server down"}},
		},
		{
			Name: "hr", State: StateOK, LastGood: now.Add(-2 * day), Next: now.Add(3 * day), Paused: "paused until 27 Nov 2026, 08:00", Worker: "12s ago",
			Remarks: []Remark{{StateOK, "paused by ann@desk since Tue 2026-11-24 09:00:00 UTC (3h00m ago) until Fri 2026-11-27 08:00:00 UTC (in 3 days): audit week"}},
		},
		{Name: "lab", State: StateWarning, Remarks: []Remark{{StateWarning, "no worker is polling the task queue"}}},
	}}
}

func renderedOverview(t *testing.T, o Overview) string {
	t.Helper()
	var b bytes.Buffer
	if err := RenderOverview(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheOverviewShowsTheWorstFirst(t *testing.T) {
	text := visible(renderedOverview(t, allStatesOverview()))
	last := 0
	for _, want := range []string{
		"all integrations of Temporal namespace saas", "Integrations 5 of namespace saas", "Critical 1", "Unknown 1", "Warning 1", "OK 2", "Running 1",
		"All integrations", "latam Critical", "2 unread, 1 undelivered", "apac Unknown", "lab Warning – – – – –", "emea OK", "apps 27 of ~55, about 12m left", "hr OK", "paused until 27 Nov 2026, 08:00",
		"What to know", "latam Critical failed sessions", "apac Unknown not all can be read", "latam Warning a notice", "hr OK paused by ann@desk",
	} {
		at := strings.Index(text[last:], want)
		if at < 0 {
			t.Fatalf("it does not say %q after %q:\n%s", want, text[:last], text[last:])
		}
		last += at
	}
	if strings.Contains(text, "Version") {
		t.Error("without worker versioning it has a column for it")
	}
}

func TestAnOverviewOfNothingSaysSo(t *testing.T) {
	text := visible(renderedOverview(t, Overview{Namespace: "saas", Generated: now, Missing: "Temporal did not list the schedules"}))
	for _, want := range []string{"There is none yet", "Integrations may be missing: Temporal did not list the schedules", "Nothing is wrong, and nothing is paused"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestNoTextLeavesItsPlaceInTheOverview(t *testing.T) {
	html := renderedOverview(t, hostileOverview())
	if strings.Contains(html, "<script") || strings.Contains(html, "<img") || strings.Contains(html, "\u202E") {
		t.Error("a name has become a part of the page")
	}
}

func hostileOverview() Overview {
	o := allStatesOverview()
	o.Namespace, o.Missing = nasty, nasty
	for i := range o.Integrations {
		one := &o.Integrations[i]
		one.Name, one.Paused, one.Running, one.Notices, one.Worker, one.Version = nasty, nasty, nasty, nasty, nasty, nasty
		one.Remarks = []Remark{{StateCritical, nasty}}
	}
	return o
}

func TestTheOverviewFitsEveryScreen(t *testing.T) {
	b := startBrowser(t)
	many := allStatesOverview()
	for i := range 60 {
		many.Integrations = append(many.Integrations, Integration{Name: fmt.Sprintf("integration-%d-%s", i, strings.Repeat("long", 12)), State: StateOK, LastGood: now, Next: now, Version: "build 0.3.0 of defendersync"})
	}
	for name, o := range map[string]Overview{"overview": allStatesOverview(), "overview-hostile": hostileOverview(), "overview-many": many} {
		file := filepath.Join(t.TempDir(), "x.html")
		if err := os.WriteFile(file, []byte(renderedOverview(t, o)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, look := range []struct {
			name          string
			width, height int
			scheme        string
		}{{"light", 1360, 900, "light"}, {"dark", 1360, 900, "dark"}, {"phone", 390, 844, "light"}, {"phone-dark", 390, 844, "dark"}} {
			b.look(look.width, look.height, look.scheme)
			b.open(file)
			var over int
			if b.eval("document.documentElement.scrollWidth - innerWidth", &over); over > 0 {
				t.Errorf("%s, %s: the page is %d points wider than the screen", name, look.name, over)
			}
			b.keep(name + "-" + look.name)
			if c := b.complaints(); len(c) > 0 {
				t.Errorf("%s, %s: %s", name, look.name, strings.Join(c, "\n"))
			}
		}
	}
}
