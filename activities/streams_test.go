package activities

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// kindOf is the type that a failed activity's error carries.
func kindOf(t *testing.T, err error) (kind httpx.Kind, retryable bool) {
	t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		t.Fatalf("%v is no application error", err)
	}
	return httpx.Kind(app.Type()), !app.NonRetryable()
}

// rows are the good rows that a stream shows of its apps, by id.
func rows(r *rig, stream string) map[string]simulator.TruthRow {
	out := map[string]simulator.TruthRow{}
	for app := range r.sim.Truth() {
		for _, row := range app.Rows {
			if row.Stream == stream && row.Bad == "" {
				out[app.ID] = row
			}
		}
	}
	return out
}

func TestAFullListOfAppsIsReadToItsEndAPageAtATime(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
	p := r.open(contract.Carry{})
	got := r.apps(p, 0)
	want := rows(r, p.Streams[0].ID)
	if len(got) != len(want) || len(got) <= 100 {
		t.Fatalf("%d apps were read, there are %d", len(got), len(want))
	}
	for _, app := range got {
		row, ok := want[app.ID]
		if !ok || app.Users != row.Users {
			t.Errorf("app %+v, Defender has %+v", app, row)
		}
		delete(want, app.ID)
	}
}

func TestAListByLastSeenIsCutAtTheThreshold(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
	p := r.open(contract.Carry{})
	stream := p.Streams[0]
	// In the middle of what there is, so that both sides have rows.
	threshold := p.Began.Add(-20 * saas.Day)
	window := saas.Window{Mode: saas.ModeIncremental, Timeframe: 90, Threshold: threshold}
	want := map[string]bool{}
	for id, row := range rows(r, stream.ID) {
		if !row.LastSeen.Before(threshold) {
			want[id] = true
		}
	}
	r.sim.ResetRequests()
	p.Window = window
	got := r.apps(p, 0)
	for _, app := range got {
		if !want[app.ID] {
			t.Errorf("app %s of %s is older than the threshold", app.ID, app.LastSeen)
		}
		delete(want, app.ID)
	}
	if len(got) == 0 || len(want) > 0 {
		t.Errorf("%d apps were read; missing %v", len(got), want)
	}
	asked := len(r.sim.Requests().Pages)
	if needed := len(got)/100 + 1; asked != needed {
		t.Errorf("%d pages were asked for, %d hold what is newer", asked, needed)
	}
}

func TestAListByNameLeavesOutWhatIsOldAndGoesOn(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
	r.policy.Lookback = 20 * saas.Day
	p := r.open(contract.Carry{})
	if p.Window.Mode != saas.ModeFull || p.Window.Threshold.IsZero() {
		t.Fatalf("the window is %+v", p.Window)
	}
	got := r.apps(p, 0)
	for _, app := range got {
		if app.LastSeen.Before(p.Window.Threshold) {
			t.Errorf("app %s of %s is beyond the lookback", app.ID, app.LastSeen)
		}
	}
	want := 0
	for _, row := range rows(r, p.Streams[0].ID) {
		if !row.LastSeen.Before(p.Window.Threshold) {
			want++
		}
	}
	if len(got) != want {
		t.Errorf("%d apps were read, %d lie within the lookback", len(got), want)
	}
}

func TestBadRowsOfAppsAreCountedAndNamedWhereTheyCanBe(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 300, People: 50, Pairs: 400, Faults: simulator.Faults{BadApps: 0.2}})
	p := r.open(contract.Carry{})
	in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect}
	var good, bad int
	nameless := false
	for in.Skip >= 0 {
		page := must[contract.AppsPage](r, contract.ActivityFetchApps, in)
		good += len(page.Apps)
		bad += page.Rejects.Total()
		unnamed := false
		for _, s := range page.Rejects.Samples {
			unnamed = unnamed || s.App == ""
		}
		if unnamed != page.Unidentified {
			t.Errorf("nameless is %v for %+v", page.Unidentified, page.Rejects.Samples)
		}
		nameless = nameless || page.Unidentified
		in.Skip, in.Walk = page.Next, page.Walk
	}
	if want := len(rows(r, p.Streams[0].ID)); good != want {
		t.Errorf("%d apps were read, %d rows are good", good, want)
	}
	if bad == 0 || !nameless {
		t.Errorf("%d bad rows, nameless %v", bad, nameless)
	}
}

func TestAServerThatDoesNotTurnPagesIsFoundOut(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400, Variants: simulator.Variants{IgnoreSkip: true}})
	p := r.open(contract.Carry{})
	first := must[contract.AppsPage](r, contract.ActivityFetchApps, contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect})
	_, err := try[contract.AppsPage](r, &attempt{}, contract.ActivityFetchApps, contract.FetchAppsParams{
		Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect, Skip: first.Next, Walk: first.Walk,
	})
	if kind, again := kindOf(t, err); kind != httpx.KindContract || again {
		t.Errorf("the second page ended with %v", err)
	}
}

func TestAPageThatCannotBeReadIsForTemporalToRetry(t *testing.T) {
	for name, tc := range map[string]struct {
		faults simulator.PeerFaults
		kind   httpx.Kind
		again  bool
	}{
		"5xx":           {simulator.PeerFaults{ServerErrors: 1}, httpx.KindServer, true},
		"dropped":       {simulator.PeerFaults{DropBefore: 1}, httpx.KindNetwork, true},
		"cut off":       {simulator.PeerFaults{Truncated: 1}, httpx.KindBadAnswer, true},
		"expired token": {simulator.PeerFaults{ExpireTokenAfter: 1}, httpx.KindUnauthorized, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, simulator.Options{Apps: 5, People: 10, Pairs: 20})
			p := r.open(contract.Carry{})
			r.sim.SetFaults(simulator.Faults{Defender: tc.faults})
			in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect}
			_, err := try[contract.AppsPage](r, &attempt{}, contract.ActivityFetchApps, in)
			if tc.faults.ExpireTokenAfter > 0 && err == nil {
				_, err = try[contract.AppsPage](r, &attempt{}, contract.ActivityFetchApps, in)
			}
			if err == nil {
				t.Fatal("it succeeded")
			}
			if kind, again := kindOf(t, err); kind != tc.kind || again != tc.again {
				t.Errorf("kind %s, retried %v: %v", kind, again, err)
			}
		})
	}
}

func TestTheBudgetTravelsFromPageToPage(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 5, People: 10, Pairs: 20})
	p := r.open(contract.Carry{})
	in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect}
	told := func(page contract.AppsPage) (requests int) {
		for _, h := range page.Recent.Holders {
			for _, n := range h.Counts {
				requests += n
			}
		}
		return requests
	}
	for n := 1; n <= 3; n++ {
		w := r.worker()
		w.limiter = ratelimit.NewLimiter(1000, time.Hour)
		from, err := defender.New(defender.Options{URL: r.defenderAt.url, AllowHost: "127.0.0.1", Token: r.defenderAPIToken, Limiter: w.limiter})
		if err != nil {
			t.Fatal(err)
		}
		w.defender = from
		page, err := try[contract.AppsPage](r, &attempt{worker: w}, contract.ActivityFetchApps, in)
		if err != nil {
			t.Fatal(err)
		}
		if page.Requests.Defender != 1 || page.Requests.Oomnitza != 0 {
			t.Errorf("the page cost %+v", page.Requests)
		}
		if got := told(page); got != n {
			t.Errorf("after %d workers made one request each, %d are told of", n, got)
		}
		in.Recent = page.Recent
	}
}
