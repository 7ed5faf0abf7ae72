package simulator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsStrikeAsOftenAsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		fault PeerFaults
		hit   func(answer) bool
	}{
		"429 without Retry-After": {PeerFaults{RateLimited: 0.3}, func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "" }},
		"429 with Retry-After":    {PeerFaults{RateLimited: 0.3, RetryAfter: 7}, func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "7" }},
		"5xx":                     {PeerFaults{ServerErrors: 0.3}, func(a answer) bool { return a.status >= 500 }},
		"dropped before":          {PeerFaults{DropBefore: 0.3}, func(a answer) bool { return a.err != nil && a.status == 0 }},
		"dropped after":           {PeerFaults{DropAfter: 0.3}, func(a answer) bool { return a.err != nil && a.status == 0 }},
		"cut off":                 {PeerFaults{CutOff: 0.3}, func(a answer) bool { return a.err != nil && a.status == 200 }},
		"truncated":               {PeerFaults{Truncated: 0.3}, func(a answer) bool { return a.err == nil && a.status == 200 && !json.Valid(a.body) }},
		"malformed":               {PeerFaults{Malformed: 0.3}, func(a answer) bool { return a.err == nil && a.status == 200 && !json.Valid(a.body) }},
		"a login page":            {PeerFaults{HTML: 0.3}, func(a answer) bool { return strings.HasPrefix(string(a.body), "<!DOCTYPE html") }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{Apps: 200, Faults: Faults{Defender: c.fault, Oomnitza: c.fault}})
			const asked = 80
			defender, oomnitza := 0, 0
			for skip := range asked {
				if c.hit(r.ask(appsPath, r.appsBody(0, skip))) {
					defender++
				}
				if c.hit(r.oom("GET", fmt.Sprint("/api/v3/users?limit=", skip+1), nil)) {
					oomnitza++
				}
			}
			for peer, n := range map[string]int{"Defender": defender, "Oomnitza": oomnitza} {
				if n < asked*15/100 || n > asked*45/100 {
					t.Errorf("%s: %d of %d hit", peer, n, asked)
				}
			}
		})
	}
}

func TestFaultsDoNotDependOnTheOrderOfRequests(t *testing.T) {
	hits := func(order []int) map[string]int {
		r := newRig(t, Options{Seed: 9, Apps: 200, Faults: Faults{Defender: PeerFaults{ServerErrors: 0.4}}})
		got := map[string]int{}
		for _, skip := range order {
			a := r.ask(appsPath, r.appsBody(0, skip%20))
			got[fmt.Sprint(skip, " ", a.status >= 500)]++
		}
		return got
	}
	order := rand.New(rand.NewPCG(1, 1)).Perm(20)
	a, b := hits(order), hits(rand.New(rand.NewPCG(2, 2)).Perm(20))
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%v and %v", a, b)
	}
}

func TestADropBeforeWritesNothingAndADropAfterWrites(t *testing.T) {
	for name, c := range map[string]struct {
		fault PeerFaults
		want  int
	}{"before": {PeerFaults{DropBefore: 1}, 0}, "after": {PeerFaults{DropAfter: 1}, 1}} {
		r := newRig(t, Options{Faults: Faults{Oomnitza: c.fault}})
		if a := r.oom("POST", "/api/v3/saas", saasBody("Dropbox")); a.err == nil {
			t.Errorf("%s: answered %d", name, a.status)
		}
		if n := r.Counts().SaaSCreated; n != c.want {
			t.Errorf("%s: %d created", name, n)
		}
	}
}

func TestARequestIsHitNoOftenerThanTheBound(t *testing.T) {
	r := newRig(t, Options{Faults: Faults{Defender: PeerFaults{ServerErrors: 1, MaxPerRequest: 2}}})
	for i, want := range []bool{true, true, false} {
		if a := r.ask(appsPath, r.appsBody(0, 0)); (a.status >= 500) != want {
			t.Errorf("try %d: %d", i, a.status)
		}
	}
}

func TestATokenRunsOut(t *testing.T) {
	r := newRig(t, Options{Faults: Faults{Defender: PeerFaults{ExpireTokenAfter: 2}, Oomnitza: PeerFaults{ExpireTokenAfter: 2}}})
	for i, want := range [][2]int{{200, 200}, {200, 200}, {403, 401}} {
		d, o := r.ask("/api/discovery/streams/", nil).status, r.oom("GET", "/api/v3/users", nil).status
		if d != want[0] || o != want[1] {
			t.Errorf("request %d: %d and %d", i, d, o)
		}
	}
}

func TestLatencyDelaysEveryAnswerButNotItsPlaceInTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Start: noon, Budget: 1, Faults: Faults{Defender: PeerFaults{Latency: 3 * time.Second}}})
		began := time.Now()
		pauseFor(t.Context(), s.Faults().Defender.Latency)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if _, ok := s.budget.takePlace(began); !ok {
			t.Error("the first request was refused")
		}
		if wait, ok := s.budget.takePlace(began.Add(3 * time.Second)); ok || wait != 57*time.Second {
			t.Errorf("waits %v, %v", wait, ok)
		}
	})
}

func TestBadRowsAreTheOnesThatTheTruthNames(t *testing.T) {
	r := newRig(t, Options{Seed: 4, Apps: 60, People: 100, Pairs: 1500, Faults: Faults{BadUsers: 0.2, BadApps: 0.2}})
	bad := map[string]int{}
	for app := range r.Truth() {
		if app.Rows[0].Bad != "" {
			bad["app: "+app.Rows[0].Bad]++
		}
		rows := r.allRaw(usersPath, func(skip int) map[string]any { return r.usersBody(0, app.ID, skip) })
		for i, u := range app.Users {
			good := goodUser(rows[i], u)
			if good != (u.Bad == "") {
				t.Errorf("%s is said to be %q, and reads %s", u.User, u.Bad, rows[i])
			}
			if u.Bad != "" {
				bad["user: "+u.Bad]++
			}
		}
	}
	if len(bad) < 11 {
		t.Errorf("kinds seen: %v", bad)
	}
	r.SetFaults(Faults{})
	for app := range r.Truth() {
		for _, u := range app.Users {
			if u.Bad != "" {
				t.Fatalf("%s is still %q", u.User, u.Bad)
			}
		}
	}
}

// allRaw reads every page of a list, rows as they came.
func (r *rig) allRaw(path string, body func(skip int) map[string]any) []json.RawMessage {
	r.t.Helper()
	var rows []json.RawMessage
	for {
		var p struct {
			Data    []json.RawMessage
			HasNext bool
		}
		r.ask(path, body(len(rows))).decode(r.t, &p)
		if rows = append(rows, p.Data...); !p.HasNext {
			return rows
		}
	}
}

func goodUser(raw json.RawMessage, u TruthUser) bool {
	var row struct {
		UserName string
		LastSeen *int64
	}
	return json.Unmarshal(raw, &row) == nil && row.UserName == u.User && row.LastSeen != nil && *row.LastSeen == u.LastActivity.UnixMilli()
}

func TestAPoisonedAppNeverComesThrough(t *testing.T) {
	r := newRig(t, Options{})
	app := r.firstApp()
	for kind, status := range map[string]int{"500": 500, "malformed": 200} {
		r.SetFaults(Faults{Poisoned: map[string]string{app: kind}})
		for range 2 {
			if a := r.ask(usersPath, r.usersBody(0, app, 0)); a.status != status || status == 200 && json.Valid(a.body) {
				t.Errorf("%s: %d %s", kind, a.status, a.body)
			}
		}
	}
	if a := r.ask(appsPath, r.appsBody(0, 0)); a.status != 200 {
		t.Errorf("the list of apps answers %d", a.status)
	}
}

func TestUsersDriftToTheFrontWhilePaging(t *testing.T) {
	r := newRig(t, Options{Apps: 3, People: 900, Pairs: 1500, EmptyApps: -1, Faults: Faults{Drift: 1, DriftRows: 5}})
	app := r.firstApp()
	seen, rows := map[any]bool{}, 0
	for _, row := range r.all(usersPath, func(skip int) map[string]any { return r.usersBody(0, app, skip) }) {
		seen[row["userName"]] = true
		rows++
	}
	if len(seen) == rows {
		t.Error("no row came twice")
	}
	drifted := r.Drifted()
	if len(drifted) == 0 {
		t.Fatal("nothing drifted")
	}
	latest := map[string]time.Time{}
	for a := range r.Truth() {
		for _, u := range a.Users {
			latest[a.ID+u.User] = u.LastActivity
		}
	}
	for _, d := range drifted {
		if latest[d.App+d.User].Before(d.At) {
			t.Errorf("%s drifted at %v, and the truth is %v", d.User, d.At, latest[d.App+d.User])
		}
	}
}

func TestAppsAppearWhilePaging(t *testing.T) {
	r := newRig(t, Options{Apps: 350, Faults: Faults{Drift: 1}})
	r.all(appsPath, func(skip int) map[string]any { return r.appsBody(0, skip) })
	n := 0
	for range r.Truth() {
		n++
	}
	if d := len(r.Drifted()); d == 0 || r.Status().Apps != 350+d {
		t.Errorf("%d drifted, %d apps, %d in the truth", d, r.Status().Apps, n)
	}
}

// TestRefusalsAreTheOnesThatTheOracleNames holds however the tenant stores names.
func TestRefusalsAreTheOnesThatTheOracleNames(t *testing.T) {
	for name, stores := range map[string]PeopleSwitches{
		"as sent": {},
		"escaped": {Stores: "escaped"},
		"cut":     {Stores: "cut", StoresLength: 12},
	} {
		t.Run(name, func(t *testing.T) { compareRefusals(t, stores) })
	}
}

func compareRefusals(t *testing.T, stores PeopleSwitches) {
	r := newRig(t, Options{Faults: Faults{RefuseAssign: 0.3, RefusePeople: 0.3, RefuseSaaS: 0.3}, Variants: Variants{Unkind: Unkind{People: stores}}})
	var refused [3]int
	for i := range 40 {
		name := fmt.Sprint("App ", i)
		user := fmt.Sprintf("o'user%d@contoso.com", i)
		if a := r.oom("POST", "/api/v3/saas", saasBody(name)); (a.status == 400) != r.SaaSRefused(name) {
			t.Errorf("%s: %d", name, a.status)
		} else if a.status == 400 {
			refused[0]++
		}
		a := r.oom("POST", "/api/v3/users", map[string]any{"username": user, "role": 25})
		if (a.status == 400) != r.PersonRefused(user) {
			t.Errorf("%s: %d", user, a.status)
		} else if a.status == 400 {
			refused[1]++
		}
	}
	for name, app := range r.Holdings().SaaS {
		var rows []map[string]any
		for _, p := range r.Holdings().People {
			rows = append(rows, map[string]any{"user_id": p.ID, "assign": true})
		}
		r.oom("POST", "/api/v3/saas/"+app.ID+"/users", rows)
		held := map[string]bool{}
		for _, s := range r.Holdings().Assigned[name] {
			held[s.Username] = true
		}
		for user := range r.Holdings().People {
			if held[user] == r.AssignRefused(name, user) {
				t.Errorf("%s of %s: assigned %v", user, name, held[user])
			} else if !held[user] {
				refused[2]++
			}
		}
	}
	for i, n := range refused {
		if n == 0 {
			t.Errorf("kind %d: none refused", i)
		}
	}
	if got := r.Counts().Refused; got != refused[2] {
		t.Errorf("%d rows counted as refused, want %d", got, refused[2])
	}
}

func TestAWrongRoleIsRefused(t *testing.T) {
	r := newRig(t, Options{Roles: []int{1, 7}})
	for role, want := range map[int]int{7: 200, 25: 400} {
		if a := r.oom("POST", "/api/v3/users", map[string]any{"username": fmt.Sprint("u", role), "role": role}); a.status != want {
			t.Errorf("role %d: %d %s", role, a.status, a.body)
		}
	}
}
