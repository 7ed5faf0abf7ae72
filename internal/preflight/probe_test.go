package preflight

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// increment makes the checks of an incremental session whose threshold lies in
// the middle of what there is, and returns which apps it has to read.
func (r *rig) increment(before contract.Carry) (found Findings, due map[string]bool) {
	r.t.Helper()
	began := r.Now().Add(-15 * saas.Day)
	before.Watermark, before.LastFull, before.Rules = began, began, r.policy.RulesHash()
	r.policy.FullEvery = 60 * saas.Day
	found = r.must(contract.OpenSessionParams{Previous: before})
	if found.Window.Mode != saas.ModeIncremental {
		r.t.Fatalf("the window is %+v", found.Window)
	}
	due = map[string]bool{}
	for app := range r.Truth() {
		for _, row := range app.Rows {
			if row.Stream == found.Streams[0].ID && row.Bad == "" && saas.IsNewer(row.LastActivity, found.Window.Threshold) && row.LastActivity.After(found.Began.Add(-30*saas.Day)) {
				due[app.ID] = true
			}
		}
	}
	return found, due
}

// Whichever way a server sorts: the session that goes on from the first page
// reads all apps that it has to.
func TestAnIncrementGoesOnFromTheFirstPageInWhateverOrderAppsCome(t *testing.T) {
	for _, sort := range []string{"", "other", "ascending", "in-page", "slight"} {
		for _, probed := range []bool{false, true} {
			inBubble(t, fmt.Sprintf("sort %q, probed before: %v", sort, probed), func(t *testing.T) {
				r := newRig(t, behaving(simulator.Options{Apps: 260, People: 50, Pairs: 500}, simulator.ListSwitches{Sort: sort, SortOf: "apps"}))
				found, due := r.increment(contract.Carry{Probed: probed})
				notes := found.Warnings
				reader := applist.New(r.clients.Defender)
				for page := *found.First; ; {
					for _, app := range page.Apps {
						delete(due, app.ID)
					}
					notes = append(notes, page.Notes...)
					if page.Next < 0 {
						break
					}
					var err error
					in := contract.FetchAppsParams{Stream: found.Streams[0], Window: found.Window, Skip: page.Next, Dialect: found.Dialect, Walk: page.Walk}
					if page, err = reader.ReadPage(t.Context(), in); err != nil {
						t.Fatal(err)
					}
				}
				if sort == "in-page" && !probed {
					return // what lies on the second page is not looked at where there is better to be asked
				}
				if len(due) > 0 {
					t.Errorf("missing %v", due)
				}
				if plainly := sort != "" && sort != "slight"; slices.Contains(notes, applist.NoteUnsorted) != plainly {
					t.Errorf("notes %q", notes)
				}
				r.CheckContract()
			})
		}
	}
}

func TestWhatTheSessionBeforeKnewOfTheSortingIsNotedWhereItMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		known := contract.Carry{Unsorted: []string{contract.UnsortedApps, contract.UnsortedUsers}, Probed: true}
		found, _ := r.increment(known)
		if !found.Dialect.AppsUnsorted || !found.Dialect.UsersUnsorted || found.First.Walk.Sort != contract.SortName {
			t.Errorf("an increment goes by %+v and begins by %q", found.Dialect, found.First.Walk.Sort)
		}
		for _, note := range []string{applist.NoteUnsorted, listing.NoteUsersUnsorted} {
			if !slices.Contains(found.Warnings, note) {
				t.Errorf("%q is not noted", note)
			}
		}
		full := r.must(contract.OpenSessionParams{Previous: known, Full: true})
		if full.Dialect.AppsUnsorted || full.Dialect.UsersUnsorted || len(full.Warnings) > 0 {
			t.Errorf("a full session goes by %+v, with %q", full.Dialect, full.Warnings)
		}
	})
}

func TestAFirstPageThatCannotBeReadIsLostWhereTheSecondCan(t *testing.T) {
	for _, bad := range []string{"400", "403", "404", "302"} {
		inBubble(t, bad, func(t *testing.T) {
			r := newRig(t, behaving(simulator.Options{Apps: 260, People: 50, Pairs: 500}, simulator.ListSwitches{BadPage: bad, BadOf: "apps"}))
			found := r.must(contract.OpenSessionParams{})
			if first := found.First; !first.Unidentified || !first.Walk.Lost || first.Next != 100 || len(first.Apps) > 0 {
				t.Errorf("the first page is %+v", first)
			}
		})
	}
	inBubble(t, "there is no second page", func(t *testing.T) {
		r := newRig(t, behaving(simulator.Options{Apps: 20, People: 50, Pairs: 100}, simulator.ListSwitches{BadPage: "400", BadOf: "apps"}))
		if found, err := r.checkAll(contract.OpenSessionParams{}); httpx.KindOf(err) != httpx.KindRefused {
			t.Errorf("%+v, %v", found.First, err)
		}
	})
}

func TestAnAppWhoseUsersCannotBeReadIsNoReasonToFailWhileAnotherCan(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		broken int // apps whose users cannot be read
		kind   httpx.Kind
	}{
		"the first, refused":         {http.StatusBadRequest, 1, ""},
		"the first two, broken":      {http.StatusInternalServerError, 2, ""},
		"as many as are asked about": {http.StatusBadRequest, maxProbes, httpx.KindRefused},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			broken := map[string]bool{}
			r.DefenderDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
				body, _ := io.ReadAll(req.Body)
				req.Body = io.NopCloser(bytes.NewReader(body))
				found := appInBody.FindSubmatch(body)
				if found == nil || len(broken) == tc.broken && !broken[string(found[1])] {
					return false
				}
				broken[string(found[1])] = true
				w.WriteHeader(tc.status)
				return true
			})
			found, err := r.checkAll(contract.OpenSessionParams{})
			if httpx.KindOf(err) != tc.kind || (tc.kind == "") != found.Dialect.KnowsUsers() {
				t.Errorf("%v; known: %v", err, found.Dialect.KnowsUsers())
			}
		})
	}
}

// appInBody finds the app whose users a request asks for.
var appInBody = regexp.MustCompile(`"appId":"?([0-9]+)`)
