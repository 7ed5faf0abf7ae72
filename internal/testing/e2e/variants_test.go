package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// small is a tenant with everything in it, yet soon read: two pages of apps,
// and up to three of an app's users.
func small() simulator.Options {
	return simulator.Options{
		Apps: 120, People: 300, Pairs: 2500, Streams: 2, OddStreams: true, Names: simulator.RealisticNames(),
		SameNames: 2, ExistingPeople: 0.2, ExistingApps: 0.05,
	}
}

// variant is a form that the vendors leave undocumented, and what a session
// makes of it.
type variant struct {
	name    string
	form    simulator.Variants
	change  func(*simulator.Options) // of the tenant, where the form needs another
	days    int                      // increments after the first session
	outcome saas.Outcome             // "" is completed
	check   func(*bench, contract.SessionResult)
}

// run carries a tenant over that has the form.
func (v variant) run(t *testing.T) {
	o := small()
	o.Variants = v.form
	if v.change != nil {
		v.change(&o)
	}
	b := newBench(t, o)
	if v.outcome == "" {
		v.outcome = saas.OutcomeCompleted
	}
	want := oracle.New(b.Sim)
	b.worker()
	if v.days > 0 {
		b.schedule()
	}
	r := b.session(v.outcome)
	b.agree(want.LearnDue(b.Sim))
	if v.check != nil {
		v.check(b, r)
	}
	for day := range v.days {
		b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 1})
		r := b.session(v.outcome)
		if r.Mode != string(saas.ModeIncremental) {
			t.Errorf("day %d: the session is %s (%s)", day, r.Mode, r.Reason)
		}
		b.agree(want.LearnDue(b.Sim))
	}
	if t.Failed() {
		t.Logf("result: %+v", r)
	}
}

func TestEachUndocumentedFormOfDefenderIsUnderstood(t *testing.T) {
	cases := slices.Concat(addressForms(), keyForms(), timeForms(), pageForms())
	for _, v := range cases {
		t.Run(v.name, v.run)
	}
}

// addressForms are where and how lists are asked for.
func addressForms() []variant {
	return []variant{
		{name: "users only", form: simulator.Variants{Users: "users"}},
		{name: "app_users only", form: simulator.Variants{Users: "app_users"}, days: 1},
		{name: "prefix cas", form: simulator.Variants{Prefix: "cas"}},
		{name: "prefix api", form: simulator.Variants{Prefix: "api"}},
		{name: "app_users under api", form: simulator.Variants{Prefix: "api", Users: "app_users"}},
		{name: "timeframe as text", form: simulator.Variants{Frame: "text", Users: "app_users"}, days: 1},
		{name: "timeframe as number", form: simulator.Variants{Frame: "number", Users: "users"}, days: 1},
		{name: "old sort fields", form: simulator.Variants{Sort: "old"}, days: 1},
		{name: "old sort fields, timeframe as number", form: simulator.Variants{Sort: "old", Frame: "number"}, days: 1},
		{name: "streams under data", form: simulator.Variants{Streams: "data"}},
		{name: "streams as a bare list", form: simulator.Variants{Streams: "array"}},
		{name: "one stream as a bare object", form: simulator.Variants{Streams: "object"}, change: func(o *simulator.Options) { o.Streams = 1 }},
	}
}

// keyForms are the spellings of the rows' keys: each occurs once at least.
func keyForms() (out []variant) {
	apps := []simulator.AppKeys{
		{ID: "appId", Name: "name", Category: "category", Users: "users", Time: "lastSeen", Tags: "tags"},
		{ID: "id", Name: "displayName", Category: "categoryName", Users: "userCount", Time: "lastSeenDateTime", Tags: "appTags"},
		{ID: "appId", Name: "appName", Category: "categoryName", Users: "usersCount", Time: "lastUsed", Tags: "sanctionState"},
	}
	for _, keys := range apps {
		out = append(out, variant{name: "apps by " + keys.Name + " and " + keys.Time, form: simulator.Variants{AppKeys: keys}, days: 1})
	}
	names := []string{"userName", "username", "name", "entityName", "displayName", "userIdentifier", "id", "_id"}
	times := []string{"lastSeen", "lastUsed", "lastSeenDateTime", "lastActivity"}
	for i, name := range names {
		at := times[i%len(times)]
		out = append(out, variant{name: "users by " + name + " and " + at, form: simulator.Variants{UserKeys: simulator.UserKeys{Name: name, Time: at}}})
	}
	return append(out,
		variant{name: "app ids as text", form: simulator.Variants{AppIDText: true}, days: 1},
		variant{name: "plain app rows", form: simulator.Variants{PlainAppRows: true}})
}

// timeForms are the ways in which a time is told.
func timeForms() (out []variant) {
	for _, kind := range []string{"ms-float", "ms-string", "seconds", "seconds-string", "rfc3339-0", "rfc3339-1", "rfc3339-2",
		"rfc3339-3", "rfc3339-4", "rfc3339-5", "rfc3339-6", "rfc3339-7"} {
		v := variant{name: "time as " + kind, form: simulator.Variants{Time: kind}}
		if kind == "seconds" || kind == "rfc3339-0" {
			v.days = 1
		}
		out = append(out, v)
	}
	for _, kind := range []string{"ms", "seconds", "rfc3339-0"} {
		out = append(out, variant{name: "days as " + kind, form: simulator.Variants{Time: kind, Midnight: true}, days: 3})
	}
	return out
}

// pageForms are what stands around the rows, and what the rows hide.
func pageForms() []variant {
	unwell := func(o *simulator.Options) {
		o.Faults.Defender = simulator.PeerFaults{RateLimited: 0.03, RetryAfter: 1, RetryInBody: true, ServerErrors: 0.1, MaxPerRequest: 2}
	}
	return []variant{
		{name: "no hasNext", form: simulator.Variants{HasNext: "missing"}, days: 1},
		{name: "approximate total", form: simulator.Variants{Total: "approximate"}},
		{name: "no total", form: simulator.Variants{Total: "missing"}},
		{name: "neither hasNext nor total", form: simulator.Variants{HasNext: "missing", Total: "missing"}},
		{name: "errors in detail", form: simulator.Variants{Errors: "detail"}, change: unwell},
		{name: "errors as objects", form: simulator.Variants{Errors: "object"}, change: unwell},
		{name: "errors as true", form: simulator.Variants{Errors: "boolean"}, change: unwell},
		{name: "a stream with anonymised users", form: simulator.Variants{Anonymous: 1}, days: 1, check: anonymised,
			change: func(o *simulator.Options) { o.Streams = 3 }},
		{name: "no stream with others", form: simulator.Variants{Anonymous: 1}, days: 1, check: anonymised, outcome: saas.OutcomeCompletedWithErrors,
			change: func(o *simulator.Options) { o.Streams = 1 }},
	}
}

// anonymised checks that hidden users are skipped under a reason of their own.
func anonymised(b *bench, r contract.SessionResult) {
	rows, users := 0, 0 // a page that shows a user twice counts once
	for app := range b.Sim.Truth() {
		hidden := map[string]bool{}
		for _, u := range app.Users {
			if strings.HasPrefix(u.User, "User_") && strings.HasSuffix(u.User, "==") {
				hidden[u.User] = true
				rows++
			}
		}
		users += len(hidden)
	}
	if got := counted(r.Skips, "anonymised"); got == 0 || got < users || got > rows {
		b.t.Errorf("%d users were skipped as anonymised, of %d in %d rows", got, users, rows)
	}
	b.warned(r, "anonymised")
}

// counted is how many rows a tally has under a reason.
func counted(t saas.Tally, reason string) int {
	for _, c := range t.ByReason {
		if c.Reason == reason {
			return c.Count
		}
	}
	return 0
}

// warned expects a warning.
func (b *bench) warned(r contract.SessionResult, about string) {
	b.t.Helper()
	if !strings.Contains(strings.Join(r.Warnings, "\n"), about) {
		b.t.Errorf("no warning says %q: %q", about, r.Warnings)
	}
}

func TestEachUndocumentedFormOfOomnitzaIsUnderstood(t *testing.T) {
	nobody := func(o *simulator.Options) { o.ExistingPeople, o.ExistingApps = 0, 0 }
	cases := []variant{
		{name: "last activity ignored", form: simulator.Variants{LastVisit: "ignored"}, check: forgotten},
		{name: "last activity refused", form: simulator.Variants{LastVisit: "refused"}, check: forgotten},
		{name: "ids as text", form: simulator.Variants{IDs: "string"}, days: 1},
		{name: "ids as numbers", form: simulator.Variants{IDs: "number"}, days: 1},
		{name: "filters heed case", form: simulator.Variants{CaseMatters: true}, days: 1},
		{name: "filters heed case, nobody there before", form: simulator.Variants{CaseMatters: true}, change: nobody},
		{name: "a CSRF token is asked back", form: simulator.Variants{CSRF: true}, days: 1},
		{name: "link keys not kept", form: simulator.Variants{LinkKeyIgnored: true}, days: 1, check: unchanged},
		{name: "no total count", form: simulator.Variants{NoTotalCount: true}, check: unchanged},
		{name: "short lists", form: simulator.Variants{MaxLimit: 50}, check: unchanged},
		{name: "short lists without a total count", form: simulator.Variants{MaxLimit: 50, NoTotalCount: true}, check: unchanged},
	}
	bodies := []string{"errors", "message", "error", "detail"}
	for i, rows := range []string{"items", "objects", "map", "texts"} {
		form := simulator.Variants{OomnitzaErrors: bodies[i], AssignErrors: rows}
		cases = append(cases, refusing("errors as "+bodies[i]+", of rows as "+rows, form))
		form.ErrorsIn200 = true
		cases = append(cases, refusing("errors as "+bodies[i]+" within a 200", form))
	}
	for _, v := range cases {
		t.Run(v.name, v.run)
	}
}

// refusing is a tenant that refuses some of everything, in a form of error.
func refusing(name string, form simulator.Variants) variant {
	return variant{
		name: name, form: form, outcome: saas.OutcomeCompletedWithErrors,
		change: func(o *simulator.Options) {
			o.Faults = simulator.Faults{RefuseAssign: 0.01, RefusePeople: 0.02, RefuseSaaS: 0.03}
		},
		check: func(b *bench, r contract.SessionResult) {
			for _, reason := range []string{"app refused by Oomnitza", "person refused by Oomnitza", "assignment refused by Oomnitza"} {
				if counted(r.Rejects, reason) == 0 {
					b.t.Errorf("nothing was counted as %q: %+v", reason, r.Rejects.ByReason)
				}
			}
			for _, s := range r.Rejects.Samples {
				if s.Detail == "" || strings.Contains(s.Detail, "{") || strings.Contains(s.Detail, "no reason given") {
					b.t.Errorf("the refusal of %s tells no reason: %q", s.Subject, s.Detail)
				}
			}
		},
	}
}

// forgotten checks that last activity which does not stick is told of, and not
// written again: but for the one row, at times sent twice, by which each session
// finds out.
func forgotten(b *bench, r contract.SessionResult) {
	b.warned(r, "did not keep the last activity")
	before := b.Sim.Counts()
	r = b.session(saas.OutcomeCompleted, "--full")
	if n := b.Sim.Counts().Rows - before.Rows; n > 2 {
		b.t.Errorf("a second full session assigned %d rows", n)
	}
	if r.Counts.Users.Added > 0 {
		b.t.Errorf("a second full session added %d users", r.Counts.Users.Added)
	}
	b.warned(r, "did not keep the last activity")
}

// unchanged runs a further full session, which has nothing to write.
func unchanged(b *bench, _ contract.SessionResult) {
	before := b.Sim.Counts()
	r := b.session(saas.OutcomeCompleted, "--full")
	if after := b.Sim.Counts(); after != before {
		b.t.Errorf("a second full session wrote: %+v, before %+v\nresult: %+v", after, before, r.Counts)
	}
}

func TestAFormThatNobodyKnowsFailsAtOnceAndSaysWhatWasSeen(t *testing.T) {
	cases := []struct {
		name   string
		form   simulator.Variants
		says   []string
		checks bool // the check command sees it too
	}{
		{"no endpoint for users", simulator.Variants{Users: "neither"}, []string{"/discovery/users/", "/discovery/app_users/", "DEFENDER_API_URL"}, true},
		{"unknown rows of apps", simulator.Variants{UnknownAppRows: true}, []string{"label", "reach", "keys seen", "assumptions.go"}, true},
		{"unknown rows of users", simulator.Variants{UnknownUserRows: true}, []string{"principalRef", "bucket", "keys seen", "assumptions.go"}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := small()
			o.Variants = c.form
			b := newBench(t, o)
			b.worker()
			if c.checks {
				b.checkFails(1, c.says...)
			}
			b.Sim.ResetRequests()
			b.fails(c.says...)
			if n := b.Sim.Requests().Defender.Requests; n > 60 {
				t.Errorf("it took %d requests to notice", n)
			}
		})
	}
}

// TestAServerThatIgnoresSkipCostsWhatLiesBeyondTheFirstPage: of long lists of
// users the rest is told as missing; a list of apps that can't be read on ends
// the session.
func TestAServerThatIgnoresSkipCostsWhatLiesBeyondTheFirstPage(t *testing.T) {
	t.Run("users", func(t *testing.T) {
		o := small() // its lists of apps are a page each
		o.Variants.IgnoreSkip = true
		b := newBench(t, o)
		want := oracle.New(b.Sim)
		b.worker()
		r := b.session(saas.OutcomeCompletedWithErrors)
		found := want.LearnDue(b.Sim).FindDifferences(b.Sim)
		if len(found) == 0 {
			t.Error("no list of users is longer than a page: the tenant is too small for this test")
		}
		if lost := unexplained(b, r, nil, found); len(lost) > 0 {
			t.Errorf("%d differences that nothing tells of:\n%s", len(lost), oracle.JoinTexts(lost))
		}
	})
	t.Run("apps", func(t *testing.T) {
		o := small()
		o.Apps, o.Variants.IgnoreSkip = 300, true
		b := newBench(t, o)
		b.worker()
		b.fails("ignores skip", "report this")
	})
}

// fails runs a session that fails with a message.
func (b *bench) fails(says ...string) contract.SessionResult {
	b.t.Helper()
	r, out, err := b.RunSession(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Outcome != saas.OutcomeFailed || out.Code != 1 {
		b.t.Errorf("the session ended as %s with exit code %d", r.Outcome, out.Code)
	}
	b.says(fmt.Sprintf("the session (%s)", r.Outcome), r.Error, says)
	return r
}

// checkFails runs the check command, which fails with a message.
func (b *bench) checkFails(code int, says ...string) {
	b.t.Helper()
	out := b.RunCommand(b.ctx, "check")
	if out.Code != code {
		b.t.Errorf("check ended with %d, not %d", out.Code, code)
	}
	b.says("check", out.Out+out.Err, says)
}

// says expects texts in a message.
func (b *bench) says(who, message string, want []string) {
	b.t.Helper()
	for _, text := range want {
		if !strings.Contains(message, text) {
			b.t.Errorf("%s does not say %q: %s", who, text, message)
		}
	}
}
