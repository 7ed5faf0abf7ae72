package usersync_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
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
	full = r.carryOver(r.usage(first, 0))
	due := r.DuePairs(first.Streams[0].ID)
	r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2, Late: 0.3, NewApps: 1, NewPairs: 0.05})
	p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash(), Probed: true, Unsorted: full.Dialect.UnsortedLists()})
	if p.Window.Mode != saas.ModeIncremental {
		t.Fatalf("the window is %+v", p.Window)
	}
	increment = r.carryOver(r.usage(p, 0))
	maps.Copy(due, r.DuePairs(p.Streams[0].ID)) // what Defender has no more stays
	sandbox.ComparePairs(t, due, r.HeldPairs())
	r.CheckContract()
	return full, increment
}

func TestUsersThatComeInAnyOrderAreAllCarriedOver(t *testing.T) {
	for _, sort := range []string{"other", "ascending", "in-page", "slight"} {
		inBubble(t, sort, func(t *testing.T) {
			r := newRig(t, behaving(simulator.Options{Apps: 8, People: 900, Pairs: 2500}, simulator.ListSwitches{Sort: sort, SortOf: "users"}))
			full, increment := carried(t, r)
			plainly := sort != "slight"
			for name, out := range map[string]contract.SyncUsageResult{"full": full, "increment": increment} {
				if out.Dialect.UsersUnsorted != plainly || out.Rejects.Total() > 0 || len(out.Retry) > 0 {
					t.Errorf("%s: unsorted %v, rejects %+v, retry %v", name, out.Dialect.UsersUnsorted, out.Rejects, out.Retry)
				}
			}
			if noted := slices.Contains(full.Notes, listing.NoteUsersUnsorted); noted != plainly {
				t.Errorf("notes %q", full.Notes)
			}
		})
	}
}

func TestSortedListsAreReadNoFurtherThanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 8, People: 900, Pairs: 2500, Variants: simulator.Variants{Midnight: true}})
		first := r.open(contract.Carry{})
		full := r.carryOver(r.usage(first, 0))
		r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.02})
		p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash(), Unsorted: full.Dialect.UnsortedLists()})
		in := r.usage(p, 0)
		r.ResetRequests()
		out := r.carryOver(in)
		lists := 0
		for list, skips := range r.CountPages() {
			lists++
			if len(skips) > 2 {
				t.Errorf("app %s was read to row %d", list.App, slices.Max(slices.Collect(maps.Keys(skips))))
			}
		}
		if lists == 0 || len(out.Notes) > 0 || out.Dialect.UsersUnsorted {
			t.Errorf("%d lists, notes %q", lists, out.Notes)
		}
		r.CheckNoPageTwice()
	})
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
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, behaving(small(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.ResetRequests()
			out := r.carryOver(in)
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
				if reject.Reason != usersync.RejectCutOff && reject.Reason != usersync.RejectPage {
					t.Errorf("rejects %+v", out.Rejects)
				}
			}
			for _, reject := range out.Rejects.Samples {
				i := slices.IndexFunc(in.Refs, func(ref contract.AppRef) bool { return ref.App == reject.App })
				if want := fmt.Sprintf("Defender lists %d users and speaks of %d", l.Cut, in.Refs[i].Users); reject.Reason == usersync.RejectCutOff && l.HasNext != "again" && reject.Detail != want {
					t.Errorf("it says %q, not %q", reject.Detail, want)
				}
			}
			for list, skips := range r.CountPages() {
				for skip, n := range skips {
					if n > usersync.Patience+2 {
						t.Errorf("page %d of app %s was asked for %d times", skip, list.App, n)
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
	records := r.Holdings().SaaS
	for app := range r.Truth() {
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
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, behaving(small(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.ResetRequests()
			out := r.carryOver(in)
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
				t.Errorf("rejects %+v", out.Rejects)
			}
			if doubt := l.HasNext == "always" || l.HasNext == "again" || l.Total == "huge"; doubt != (len(out.Notes) > 0) {
				t.Errorf("notes %q", out.Notes)
			}
			least := 0
			for _, ref := range in.Refs {
				least += (ref.Users + usersync.PageRows - 1) / usersync.PageRows
			}
			if n := r.Requests().Defender.Requests; n > 2*least+4 {
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
			inBubble(t, fmt.Sprintf("%s at %d", bad, skip), func(t *testing.T) {
				r := newRig(t, simulator.Options{Apps: 6, People: 900, Pairs: 2500})
				p := r.open(contract.Carry{})
				in := r.usage(p, 0)
				v := r.Variants()
				v.Unkind.Lists = simulator.ListSwitches{BadPage: bad, BadSkip: skip, BadOf: "users"}
				if err := r.SetVariants(v); err != nil {
					t.Fatal(err)
				}
				out := r.carryOver(in)
				lost := lostRows(r, in, skip)
				var apps []string
				for app := range lost {
					apps = append(apps, app)
				}
				if len(apps) == 0 || !sameSet(out.Retry, apps) {
					t.Errorf("%v have such a page, retry %v", apps, out.Retry)
				}
				due := r.DuePairs(p.Streams[0].ID)
				for _, users := range lost {
					for _, key := range users {
						delete(due, key)
					}
				}
				sandbox.ComparePairs(t, due, r.HeldPairs())
				untouched(t, r, apps)
				for _, reject := range out.Rejects.Samples {
					if !slices.Contains(apps, reject.App) || reject.Detail == "" || reject.Reason == usersync.RejectPage && !strings.Contains(reject.Detail, fmt.Sprintf(" rows from row %d on: ", skip+1)) {
						t.Errorf("rejected: %+v", reject)
					}
				}
				for _, c := range out.Rejects.ByReason {
					if c.Reason == usersync.RejectPage && c.Count != out.Counts.Users.Rejected {
						t.Errorf("%d rows are rejected with their page, and counted are %d", c.Count, out.Counts.Users.Rejected)
					}
				}
			})
		}
	}
}

// lostRows are the users on the page at a skip, by app.
func lostRows(r *rig, in contract.SyncUsageParams, skip int) map[string][]sandbox.Pair {
	out := map[string][]sandbox.Pair{}
	for app := range r.Truth() {
		if !slices.ContainsFunc(in.Refs, func(ref contract.AppRef) bool { return ref.App == app.ID }) || len(app.Users) <= skip {
			continue
		}
		users := slices.Clone(app.Users)
		// Already as the list has them: by stream, the latest first.
		for _, u := range users[skip:min(skip+usersync.PageRows, len(users))] {
			out[app.ID] = append(out[app.ID], sandbox.Pair{App: app.Name, User: strings.ToLower(u.User)})
		}
	}
	return out
}

// tooDeep is what is said of a page that lies too deep.
var tooDeep = regexp.MustCompile(`^(up to \d+ rows from row \d+01 on|about \d+ rows from row \d+01 to the end): .*(skip is too large|refuses to skip \d00 rows)$`)

func TestAServerThatRefusesToSkipFarIsNotAskedOverAndOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, behaving(long(), simulator.ListSwitches{MaxSkip: 300}))
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		r.ResetRequests()
		out := r.carryOver(in)
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
		if n := len(r.HeldPairs()); n != rows {
			t.Errorf("%d are assigned, %d could be read", n, rows)
		}
		for _, reject := range out.Rejects.Samples {
			if !tooDeep.MatchString(reject.Detail) {
				t.Errorf("it says %q", reject.Detail)
			}
		}
		asked := 0
		for _, skips := range r.CountPages() {
			for skip, n := range skips {
				if skip >= 300 {
					asked += n
				}
			}
		}
		// Every list that was on its way when the first refusals came may ask for
		// a few pages, and none after that.
		if asked > 4*fetchers {
			t.Errorf("pages beyond the limit were asked for %d times", asked)
		}
	})
}

func TestWhatWasLostIsStillToldAfterAnotherWorkerTookOver(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"a page":       {BadPage: "400", BadSkip: 100, BadOf: "users"},
		"a list's end": {Cut: 100, CutOf: "users"},
		"the order":    {Sort: "other", SortOf: "users"},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, behaving(long(), l))
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			var from *contract.Checkpoint
			handed, after := 0, 45 // requests: late enough for refused pages to be tried again
			if l.Cut > 0 {
				after = 15
			}
			for {
				at := &attempt{worker: r.newWorker(), stop: make(chan struct{}), from: from}
				r.at(after, at.end)
				out, err := r.try(at, in)
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
					if l.Sort != "" && (!out.Dialect.UsersUnsorted || !slices.Contains(out.Notes, listing.NoteUsersUnsorted)) {
						t.Errorf("the order is forgotten: %+v, %q", out.Dialect, out.Notes)
					}
					break
				}
				if kind := httpx.KindOf(err); kind != httpx.KindStopping {
					t.Fatalf("it ended with %v", err)
				}
				cp := at.left
				from = &cp
				handed++
			}
			if handed < 2 {
				t.Errorf("it was handed over %d times: the tenant is too small for this test", handed)
			}
			r.CheckContract()
		})
	}
}

func TestAnotherOrderAtEachRequestIsReadAgainAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, behaving(simulator.Options{Apps: 4, People: 900, Pairs: 2400}, simulator.ListSwitches{Sort: "shuffled", SortOf: "users"}))
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		out := r.carryOver(in)
		have := r.HeldPairs()
		names := map[string]string{}
		for app := range r.Truth() {
			names[app.Name] = app.ID
		}
		for key := range r.DuePairs(p.Streams[0].ID) {
			if _, ok := have[key]; !ok && !slices.Contains(out.Retry, names[key.App]) {
				t.Errorf("%v slipped through", key)
			}
		}
		if u := out.Counts.Users; u.Seen > 4*r.Totals().Assignments {
			t.Errorf("%d rows were read", u.Seen)
		}
		if restless := len(out.Rejects.Samples); restless == 0 || restless != out.Counts.Apps.Rejected {
			t.Errorf("%d apps are rejected, of %+v", out.Counts.Apps.Rejected, out.Rejects)
		}
	})
}

func TestASingleDenialInMidSessionCostsNothing(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest} {
		for name, door := range map[string]func(*rig) *sandbox.Door{
			"Defender": func(r *rig) *sandbox.Door { return r.DefenderDoor }, "Oomnitza": func(r *rig) *sandbox.Door { return r.OomnitzaDoor },
		} {
			if name == "Oomnitza" && status >= 403 || name == "Oomnitza" && status == http.StatusBadRequest {
				continue // what a row is refused with is told by whoever writes rows
			}
			inBubble(t, fmt.Sprint(name, " ", status), func(t *testing.T) {
				r := newRig(t, small())
				p := r.open(contract.Carry{})
				in := r.usage(p, 0)
				var seen atomic.Int64
				door(r).Post(func(w http.ResponseWriter, _ *http.Request) bool {
					if seen.Add(1) != 7 {
						return false
					}
					w.WriteHeader(status)
					return true
				})
				out := r.carryOver(in)
				if out.Rejects.Total() > 0 || seen.Load() < 8 {
					t.Errorf("%d requests, rejects %+v", seen.Load(), out.Rejects)
				}
				sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			})
		}
	}
}

func TestAnEndpointThatGoesAwayInMidSessionIsFollowed(t *testing.T) {
	for _, answer := range []string{"404", "405", "410", "501", "403", "302"} {
		inBubble(t, answer, func(t *testing.T) {
			r := newRig(t, behaving(long(), simulator.ListSwitches{Route: answer, RouteOf: "users", RouteAfter: 25}))
			p := r.open(contract.Carry{})
			out := r.carryOver(r.usage(p, 0))
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			if out.Rejects.Total() > 0 || out.Dialect.UsersEndpoint != "app_users" {
				t.Errorf("rejects %+v, dialect %+v", out.Rejects, out.Dialect)
			}
		})
	}
}

func TestRowsThatNobodyKnowsEndTheSessionOnceTheyAreNoSingleAppsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 12, People: 400, Pairs: 3000})
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		v := r.Variants()
		v.UnknownUserRows = true
		if err := r.SetVariants(v); err != nil {
			t.Fatal(err)
		}
		_, err := r.try(&attempt{}, in)
		if kind := httpx.KindOf(err); kind != httpx.KindContract || !strings.Contains(err.Error(), "principalRef") {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestWorkThatIsBegunOverAndOverEndsWithAClearFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		cp := contract.Checkpoint{FruitlessAttempts: usersync.MaxBarren - 1, Failure: "Oomnitza: HTTP 503"}
		r.OomnitzaDoor.Post(sandbox.AnswerDown)
		in.Policy.GiveUp = 0
		at := &attempt{from: &cp, stop: make(chan struct{})}
		r.at(3, at.end)
		if _, err := r.try(at, in); err == nil {
			t.Fatal("it ended well")
		}
		left := at.left
		if left.FruitlessAttempts != usersync.MaxBarren-1 {
			t.Errorf("an attempt whose worker was told to stop counts: %d", left.FruitlessAttempts)
		}
		left.FruitlessAttempts = usersync.MaxBarren
		_, err := r.try(&attempt{from: &left, worker: r.newWorker()}, in)
		if kind := httpx.KindOf(err); kind != httpx.KindServer || !strings.Contains(err.Error(), "30 attempts in a row") {
			t.Errorf("it ended with %v", err)
		}
		r.OomnitzaDoor.Post(func(http.ResponseWriter, *http.Request) bool { return false })
		left.FruitlessAttempts = usersync.MaxBarren - 1
		if _, err := r.try(&attempt{from: &left, worker: r.newWorker()}, in); err != nil {
			t.Errorf("an attempt that gets on ended with %v", err)
		}
	})
}
