package activities

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// behaving is a tenant whose lists behave in a way.
func behaving(o simulator.Options, l simulator.ListSwitches) simulator.Options {
	o.Variants.Unkind.Lists = l
	return o
}

// carried carries over all users of the first stream in a full session, and
// after a day what is news.
func carried(t *testing.T, r *rig) (full, increment contract.SyncUsageResult) {
	t.Helper()
	first := r.open(contract.Carry{})
	full = must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(first, 0))
	due := truth(r.sim, first.Streams[0].ID)
	r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2, Late: 0.3, NewApps: 1, NewPairs: 0.05})
	p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash(), Probed: true, Unsorted: full.Dialect.Unsorted()})
	if p.Window.Mode != saas.ModeIncremental {
		t.Fatalf("the window is %+v", p.Window)
	}
	increment = must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
	maps.Copy(due, truth(r.sim, p.Streams[0].ID)) // what Defender has no more stays
	same(t, due, held(t, r.sim))
	r.clean()
	return full, increment
}

func TestUsersThatComeInAnyOrderAreAllCarriedOver(t *testing.T) {
	for _, sort := range []string{"other", "ascending", "in-page", "slight"} {
		t.Run(sort, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behaving(simulator.Options{Apps: 8, People: 900, Pairs: 2500}, simulator.ListSwitches{Sort: sort, SortOf: "users"}))
			full, increment := carried(t, r)
			plainly := sort != "slight"
			for name, out := range map[string]contract.SyncUsageResult{"full": full, "increment": increment} {
				if out.Dialect.UsersUnsorted != plainly || out.Rejects.Total() > 0 || len(out.Retry) > 0 {
					t.Errorf("%s: unsorted %v, rejects %+v, retry %v", name, out.Dialect.UsersUnsorted, out.Rejects, out.Retry)
				}
			}
			if noted := slices.Contains(full.Notes, NoteUsersUnsorted); noted != plainly {
				t.Errorf("notes %q", full.Notes)
			}
		})
	}
}

func TestAListCutBeforeTheOrderWasKnownIsReadWholeByTheNextSession(t *testing.T) {
	r := &usageRun{in: contract.SyncUsageParams{Window: saas.Window{Threshold: time.Unix(1000, 0)}}, notes: newNotebook(nil)}
	early := &appRun{ref: contract.AppRef{App: "17"}, finished: true}
	late := &appRun{ref: contract.AppRef{App: "18"}}
	r.shortened = []*appRun{early, late}
	r.unsorted()
	if !slices.Equal(r.cp.Retry, []string{"17"}) || !late.retry || !r.cp.Dialect.UsersUnsorted {
		t.Errorf("retry %v, late %v, dialect %+v", r.cp.Retry, late.retry, r.cp.Dialect)
	}
}

func TestSortedListsAreReadNoFurtherThanBefore(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 8, People: 900, Pairs: 2500, Variants: simulator.Variants{Midnight: true}})
	first := r.open(contract.Carry{})
	full := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(first, 0))
	r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.02})
	p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash(), Unsorted: full.Dialect.Unsorted()})
	in := r.usage(p, 0)
	r.sim.ResetRequests()
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	lists := 0
	for list, skips := range pages(r.sim) {
		lists++
		if len(skips) > 2 {
			t.Errorf("app %s was read to row %d", list.app, slices.Max(slices.Collect(maps.Keys(skips))))
		}
	}
	if lists == 0 || len(out.Notes) > 0 || out.Dialect.UsersUnsorted {
		t.Errorf("%d lists, notes %q", lists, out.Notes)
	}
	once(t, r.sim)
}

func TestAListThatEndsTooSoonIsRejectedAndItsNumberNotWritten(t *testing.T) {
	slack := map[string]int{"zero": 3} // one number alone is not taken exactly
	for name, l := range map[string]simulator.ListSwitches{
		"with a total":       {Cut: 130, CutOf: "users"},
		"at a whole page":    {Cut: 100, CutOf: "users"},
		"without a total":    {Cut: 100, CutOf: "users", Total: "missing"},
		"with a total of 0":  {Cut: 70, CutOf: "users", Total: "zero"},
		"a total in letters": {Cut: 100, CutOf: "users", Total: "text"},
		"more for ever":      {Cut: 100, CutOf: "users", HasNext: "always"},
		"the same for ever":  {Cut: 200, CutOf: "users", HasNext: "again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behaving(small(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.sim.ResetRequests()
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			var cut []string
			for _, ref := range in.Refs {
				if ref.Users > l.Cut+slack[l.Total] {
					cut = append(cut, ref.App)
				}
			}
			if len(cut) == 0 || !sameSet(out.Retry, cut) || out.Counts.Apps.Rejected != len(cut) && l.HasNext != "always" {
				t.Errorf("%v are longer, retry %v, rejects %+v", cut, out.Retry, out.Rejects)
			}
			for _, reject := range out.Rejects.ByReason {
				if reject.Reason != RejectCutOff && reject.Reason != RejectPage {
					t.Errorf("rejects %+v", out.Rejects)
				}
			}
			for list, skips := range pages(r.sim) {
				for skip, n := range skips {
					if n > patience+2 {
						t.Errorf("page %d of app %s was asked for %d times", skip, list.app, n)
					}
				}
			}
			untouched(t, r, cut)
		})
	}
}

// sameSet compares two lists whatever their order.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// untouched makes sure that the number of active users of apps was not
// written.
func untouched(t *testing.T, r *rig, apps []string) {
	t.Helper()
	records := r.sim.Holdings().SaaS
	for app := range r.sim.Truth() {
		if rec, ok := records[app.Name]; ok && slices.Contains(apps, app.ID) && rec.Visited != 0 {
			t.Errorf("%s has %d active users, told from a list that lacks rows", app.Name, rec.Visited)
		}
	}
}

func TestWhereMoreCanBeHadThanAListSaysItIsReadToItsTrueEnd(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"never more":          {HasNext: "never"},
		"always more":         {HasNext: "always"},
		"the same for ever":   {HasNext: "again"},
		"overlapping pages":   {Overlap: 7},
		"a total of 0":        {Total: "zero"},
		"a negative total":    {Total: "negative"},
		"a total in letters":  {Total: "text"},
		"a total of null":     {Total: "null"},
		"a huge total":        {Total: "huge"},
		"more, and no total":  {Total: "missing", HasNext: "always"},
		"never, and no total": {Total: "missing", HasNext: "never"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behaving(small(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.sim.ResetRequests()
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
				t.Errorf("rejects %+v", out.Rejects)
			}
			if doubt := l.HasNext == "always" || l.HasNext == "again" || l.Total == "huge"; doubt != (len(out.Notes) > 0) {
				t.Errorf("notes %q", out.Notes)
			}
			least := 0
			for _, ref := range in.Refs {
				least += (ref.Users + pageRows - 1) / pageRows
			}
			if n := r.sim.Requests().Defender.Requests; n > 2*least+4 {
				t.Errorf("%d requests, %d pages hold the rows", n, least)
			}
		})
	}
}

func TestAPageOfUsersThatCannotBeReadCostsThatPageAlone(t *testing.T) {
	for _, bad := range []string{"400", "403", "404", "409", "500", "302", "html", "cut", "endless", "huge", "shape", "empty"} {
		for _, skip := range []int{0, 100} {
			if skip == 0 && slices.Contains([]string{"shape", "huge", "endless"}, bad) {
				continue // a shape of every app is the tenant's; the others take long
			}
			t.Run(fmt.Sprintf("%s at %d", bad, skip), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, simulator.Options{Apps: 6, People: 900, Pairs: 2500})
				p := r.open(contract.Carry{})
				in := r.usage(p, 0)
				v := r.sim.Variants()
				v.Unkind.Lists = simulator.ListSwitches{BadPage: bad, BadSkip: skip, BadOf: "users"}
				if err := r.sim.SetVariants(v); err != nil {
					t.Fatal(err)
				}
				out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
				lost := lostRows(r, in, skip)
				var apps []string
				for app := range lost {
					apps = append(apps, app)
				}
				if len(apps) == 0 || !sameSet(out.Retry, apps) {
					t.Errorf("%v have such a page, retry %v", apps, out.Retry)
				}
				due := truth(r.sim, p.Streams[0].ID)
				for _, users := range lost {
					for _, key := range users {
						delete(due, key)
					}
				}
				same(t, due, held(t, r.sim))
				untouched(t, r, apps)
				for _, reject := range out.Rejects.Samples {
					if !slices.Contains(apps, reject.App) || reject.Detail == "" {
						t.Errorf("rejected: %+v", reject)
					}
				}
			})
		}
	}
}

// lostRows are the users on the page at a skip, by app.
func lostRows(r *rig, in contract.SyncUsageParams, skip int) map[string][]pair {
	out := map[string][]pair{}
	for app := range r.sim.Truth() {
		if !slices.ContainsFunc(in.Refs, func(ref contract.AppRef) bool { return ref.App == app.ID }) || len(app.Users) <= skip {
			continue
		}
		users := slices.Clone(app.Users)
		// Already as the list has them: by stream, the latest first.
		for _, u := range users[skip:min(skip+pageRows, len(users))] {
			out[app.ID] = append(out[app.ID], pair{app.Name, strings.ToLower(u.User)})
		}
	}
	return out
}

func TestAServerThatRefusesToSkipFarIsNotAskedOverAndOver(t *testing.T) {
	r := newRig(t, behaving(long(), simulator.ListSwitches{MaxSkip: 300}))
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	r.sim.ResetRequests()
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	var beyond []string
	rows := 0
	for _, ref := range in.Refs {
		rows += min(ref.Users, 300)
		if ref.Users > 300 {
			beyond = append(beyond, ref.App)
		}
	}
	if len(beyond) < 8 || !sameSet(out.Retry, beyond) || out.Dialect.MaxSkip != 300 {
		t.Errorf("%v are longer, retry %v, dialect %+v", beyond, out.Retry, out.Dialect)
	}
	if n := len(held(t, r.sim)); n != rows {
		t.Errorf("%d are assigned, %d could be read", n, rows)
	}
	asked := 0
	for _, skips := range pages(r.sim) {
		for skip, n := range skips {
			if skip >= 300 {
				asked += n
			}
		}
	}
	// Every list that was on its way when the first refusals came may ask for
	// a few pages, and none after that.
	if asked > 4*r.opts.Fetchers {
		t.Errorf("pages beyond the limit were asked for %d times", asked)
	}
}

func TestWhatWasLostIsStillToldAfterAnotherWorkerTookOver(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"a page":       {BadPage: "400", BadSkip: 100, BadOf: "users"},
		"a list's end": {Cut: 100, CutOf: "users"},
		"the order":    {Sort: "other", SortOf: "users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behaving(long(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			var from *contract.Checkpoint
			handed := 0
			for {
				at := &attempt{worker: r.worker(), stop: make(chan struct{}), from: from}
				r.at(20, func() { close(at.stop) })
				out, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
				if err == nil {
					longer := 0
					for _, ref := range in.Refs {
						if ref.Users > 100 && l.Sort == "" {
							longer++
						}
					}
					if len(out.Retry) != longer {
						t.Errorf("%d lists are longer than a page, %d are to be read again", longer, len(out.Retry))
					}
					if l.Sort != "" && (!out.Dialect.UsersUnsorted || !slices.Contains(out.Notes, NoteUsersUnsorted)) {
						t.Errorf("the order is forgotten: %+v, %q", out.Dialect, out.Notes)
					}
					break
				}
				if kind, again := kindOf(t, err); kind != httpx.KindStopping || !again {
					t.Fatalf("it ended with %v", err)
				}
				cp := at.heartbeat(t)
				from = &cp
				handed++
			}
			if handed < 2 {
				t.Errorf("it was handed over %d times: the tenant is too small for this test", handed)
			}
			r.clean()
		})
	}
}

func TestAnotherOrderAtEachRequestIsReadAgainAndTold(t *testing.T) {
	r := newRig(t, behaving(simulator.Options{Apps: 4, People: 900, Pairs: 2400}, simulator.ListSwitches{Sort: "shuffled", SortOf: "users"}))
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	have := held(t, r.sim)
	names := map[string]string{}
	for app := range r.sim.Truth() {
		names[app.Name] = app.ID
	}
	for key := range truth(r.sim, p.Streams[0].ID) {
		if _, ok := have[key]; !ok && !slices.Contains(out.Retry, names[key.app]) {
			t.Errorf("%v slipped through", key)
		}
	}
	if u := out.Counts.Users; u.Seen > 4*r.sim.Totals().Assignments {
		t.Errorf("%d rows were read", u.Seen)
	}
}

func TestASingleDenialInMidSessionCostsNothing(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest} {
		for name, door := range map[string]func(*rig) *door{
			"Defender": func(r *rig) *door { return r.defenderAt }, "Oomnitza": func(r *rig) *door { return r.oomnitzaAt },
		} {
			if name == "Oomnitza" && status >= 403 || name == "Oomnitza" && status == http.StatusBadRequest {
				continue // what a row is refused with is told by whoever writes rows
			}
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, small())
				p := r.open(contract.Carry{})
				in := r.usage(p, 0)
				var seen atomic.Int64
				door(r).set(func(w http.ResponseWriter, _ *http.Request) bool {
					if seen.Add(1) != 7 {
						return false
					}
					w.WriteHeader(status)
					return true
				})
				out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
				if out.Rejects.Total() > 0 || seen.Load() < 8 {
					t.Errorf("%d requests, rejects %+v", seen.Load(), out.Rejects)
				}
				same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			})
		}
	}
}

func TestAnEndpointThatGoesAwayInMidSessionIsFollowed(t *testing.T) {
	for _, answer := range []string{"404", "405", "410", "501", "403", "302"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, behaving(long(), simulator.ListSwitches{Route: answer, RouteOf: "users", RouteAfter: 25}))
			p := r.open(contract.Carry{})
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
			same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			if out.Rejects.Total() > 0 || out.Dialect.UsersEndpoint != "app_users" {
				t.Errorf("rejects %+v, dialect %+v", out.Rejects, out.Dialect)
			}
		})
	}
}

func TestRowsThatNobodyKnowsEndTheSessionOnceTheyAreNoSingleAppsFault(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 12, People: 400, Pairs: 3000})
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	v := r.sim.Variants()
	v.UnknownUserRows = true
	if err := r.sim.SetVariants(v); err != nil {
		t.Fatal(err)
	}
	_, err := try[contract.SyncUsageResult](r, &attempt{}, contract.ActivitySyncUsage, in)
	if kind, again := kindOf(t, err); kind != httpx.KindContract || again || !strings.Contains(err.Error(), "principalRef") {
		t.Errorf("it ended with %v", err)
	}
}

func TestWorkThatIsBegunOverAndOverEndsWithAClearFailure(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	cp := contract.Checkpoint{Barren: maxBarren - 1, Waiting: "Oomnitza: HTTP 503"}
	r.oomnitzaAt.set(down)
	in.Policy.GiveUp = 0
	at := &attempt{from: &cp, stop: make(chan struct{})}
	r.at(3, func() { close(at.stop) })
	if _, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in); err == nil {
		t.Fatal("it ended well")
	}
	left := at.heartbeat(t)
	if left.Barren != maxBarren-1 {
		t.Errorf("an attempt whose worker was told to stop counts: %d", left.Barren)
	}
	left.Barren = maxBarren
	_, err := try[contract.SyncUsageResult](r, &attempt{from: &left, worker: r.worker()}, contract.ActivitySyncUsage, in)
	if kind, again := kindOf(t, err); kind != httpx.KindServer || again || !strings.Contains(err.Error(), "30 attempts in a row") {
		t.Errorf("it ended with %v", err)
	}
	r.oomnitzaAt.set(func(http.ResponseWriter, *http.Request) bool { return false })
	left.Barren = maxBarren - 1
	if _, err := try[contract.SyncUsageResult](r, &attempt{from: &left, worker: r.worker()}, contract.ActivitySyncUsage, in); err != nil {
		t.Errorf("an attempt that gets on ended with %v", err)
	}
}
