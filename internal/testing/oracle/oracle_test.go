package oracle

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// tenants are an empty Oomnitza, by which the oracle is made, and the same one
// after a session that did all that it should.
func tenants(t *testing.T) (*Oracle, *simulator.Simulator) {
	t.Helper()
	o := simulator.Options{Seed: 5, Apps: 6, People: 40, Pairs: 90, Streams: 2, ExistingPeople: 0.2, ExistingApps: 0.2}
	before := simulator.New(o)
	o.Synced = true
	return New(before), simulator.New(o)
}

// send makes a change in Oomnitza that the product would not make.
func send(t *testing.T, sim *simulator.Simulator, method, path, body string) {
	t.Helper()
	req := httptest.NewRequest(method, "/api/v3/"+path, strings.NewReader(body))
	req.Header.Set("Authorization2", sim.Options().OomnitzaToken)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Oomnitza-Not-Trigger-WF", "1")
	rec := httptest.NewRecorder()
	sim.Oomnitza().ServeHTTP(rec, req)
	if rec.Code > 299 {
		t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
}

// sendCreator gives a record another creator.
func sendCreator(t *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS, creator string) {
	t.Helper()
	v := sim.Variants()
	v.Unkind.Records.CreatedBy = "literal"
	if err := sim.SetVariants(v); err != nil {
		t.Fatal(err)
	}
	send(t, sim, http.MethodPatch, "saas/"+r.ID, fmt.Sprintf(`{"saas_name":%q,"source":"x","hash":false,"ignored":"0","changedate":"0","changedby":"","creationdate":"0","createdby":%q,"linked":"0","link_key":%q}`, r.Name, creator, r.LinkKey))
}

func TestARecordWithoutCreatorIsExcusedBySessionsAloneThatBrokeOff(t *testing.T) {
	o, sim := tenants(t)
	o.LearnDue(sim)
	for _, r := range sim.Holdings().SaaS {
		if !r.ByAnother {
			sendCreator(t, sim, r, "")
			break
		}
	}
	found := o.FindDifferences(sim)
	for failed, want := range map[bool]int{true: 0, false: 1} {
		told := Told{Failed: failed}
		if left := told.FindUnexplained(found); len(left) != want {
			t.Errorf("after a session that failed (%v): %s", failed, JoinTexts(left))
		}
	}
}

func TestASessionThatDidAllThatItShouldHasNoDifferences(t *testing.T) {
	o, sim := tenants(t)
	if found := o.LearnDue(sim).FindDifferences(sim); len(found) > 0 {
		t.Error(JoinTexts(found))
	}
	if found := o.ActiveDifferences(sim, sim.Now()); len(found) > 0 {
		t.Error(JoinTexts(found))
	}
	if found := o.ActiveDifferences(sim, sim.Now().Add(80*24*time.Hour)); len(found) == 0 {
		t.Error("nobody is active after 80 days, and the records may say otherwise")
	}
}

func TestADayThatNoSessionReadIsMissingAndOneThatIsOnlyAllowedIsNot(t *testing.T) {
	o, sim := tenants(t)
	o.LearnDue(sim)
	sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5, NewApps: 2, NewPairs: 0.2})
	if found := o.AllowNew(sim).FindDifferences(sim); len(found) > 0 {
		t.Errorf("allowed, and yet: %s", JoinTexts(found))
	}
	found := o.LearnDue(sim).FindDifferences(sim)
	if len(found) < 10 {
		t.Errorf("%d differences: %s", len(found), JoinTexts(found))
	}
	for _, d := range found {
		if !d.IsMissing() {
			t.Errorf("not missing: %s", d.Text)
		}
	}
}

func TestWhateverIsOtherThanItShouldBeIsFound(t *testing.T) {
	for says, meddle := range map[string]func(*testing.T, *simulator.Simulator, simulator.HeldSaaS){
		"has no record": func(_ *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS) { sim.DeleteSaaS(r.Name) },
		"records too many": func(t *testing.T, sim *simulator.Simulator, _ simulator.HeldSaaS) {
			send(t, sim, http.MethodPost, "saas", `{"saas_name":"Stray","source":"x","hash":false,"ignored":"0","changedate":"0","changedby":"","creationdate":"0","createdby":"","linked":"0","link_key":"x"}`)
		},
		"created but uses nothing": func(t *testing.T, sim *simulator.Simulator, _ simulator.HeldSaaS) {
			send(t, sim, http.MethodPost, "users", `{"username":"stray@contoso.com","email":"stray@contoso.com","role":25}`)
		},
		"without cause": func(t *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS) {
			send(t, sim, http.MethodPost, "saas/"+r.ID+"/users", `[{"user_id":"100001","assign":true,"last_visit":1700000000}]`)
		},
		"is created by nobody":     func(t *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS) { sendCreator(t, sim, r, "") },
		`is created by "somebody"`: func(t *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS) { sendCreator(t, sim, r, "somebody") },
		"is called": func(t *testing.T, sim *simulator.Simulator, r simulator.HeldSaaS) {
			send(t, sim, http.MethodPatch, "saas/"+r.ID, `{"saas_name":"Otherwise","source":"x","hash":false,"ignored":"0","changedate":"0","changedby":"","creationdate":"0","createdby":"","linked":"0","link_key":"`+r.LinkKey+`","url":"`+r.URL+`","category":"CRM"}`)
		},
	} {
		t.Run(says, func(t *testing.T) {
			o, sim := tenants(t)
			o.LearnDue(sim)
			for _, r := range sim.Holdings().SaaS {
				if !r.ByAnother && len(sim.Holdings().Assigned[r.Name]) > 2 {
					meddle(t, sim, r)
					break
				}
			}
			if found := JoinTexts(o.FindDifferences(sim)); !strings.Contains(found, says) {
				t.Errorf("found: %s", found)
			}
		})
	}
}

// TestWhatARecordsMakerWroteIsOwedToNoApp: before a session has adopted a record, nothing
// tells which of the apps of its name gets it.
func TestWhatARecordsMakerWroteIsOwedToNoApp(t *testing.T) {
	later := 0
	for seed := range uint64(20) {
		sim := simulator.New(simulator.Options{Seed: seed, Apps: 6, People: 15, Pairs: 40, SameNames: 2, ExistingPeople: 1, ExistingApps: 1})
		o := New(sim).LearnDue(sim)
		o.FindDifferences(sim)
		for app, users := range o.held {
			for name, last := range users {
				if last > o.allowed[app][name] {
					t.Errorf("seed %d: %s, %s is held as of %d, after %d", seed, app, name, last, o.allowed[app][name])
				}
			}
			for record, users := range o.before {
				for name, last := range users {
					if sim.Holdings().SaaS[record].Name == o.apps[app].Name && o.allowed[app][name] > 0 && last > o.allowed[app][name] {
						later++
					}
				}
			}
		}
	}
	if later == 0 {
		t.Error("no maker of a record has written a later activity")
	}
}

// TestWhoeverIsMissingAltogetherIsMissingInEachAppThatTakesThem has the records of
// all apps and nobody in them: an assignment that would be refused is owed by nobody.
func TestWhoeverIsMissingAltogetherIsMissingInEachAppThatTakesThem(t *testing.T) {
	sim := simulator.New(simulator.Options{Seed: 5, Apps: 6, People: 40, Pairs: 90, Faults: simulator.Faults{RefuseAssign: 0.5}})
	want, refused := map[string]bool{}, 0
	o := New(sim).LearnDue(sim)
	for app := range sim.Truth() {
		send(t, sim, http.MethodPost, "saas", fmt.Sprintf(`{"saas_name":%q,"source":"x","hash":false,"ignored":"0","changedate":"0","changedby":"","creationdate":"0","createdby":"","linked":"0","link_key":"defender-app:%s","url":%q,"category":"CRM"}`, app.Name, app.ID, app.Website))
		for name := range o.due[app.ID] {
			if sim.AssignRefused(app.Name, name) {
				refused++
			} else {
				want[app.ID+" "+name] = true
			}
		}
	}
	for _, d := range o.FindDifferences(sim) {
		if !want[d.App+" "+d.User] {
			t.Errorf("found: %s", d.Text)
		}
		delete(want, d.App+" "+d.User)
	}
	if len(want) > 0 || refused < 10 {
		t.Errorf("%d would be refused; not found: %v", refused, want)
	}
}

func TestWhatIsMissingIsExplainedByWhatTheSessionTold(t *testing.T) {
	missing := Difference{App: "7", User: "alice@contoso.com", Text: "missing"}
	record := Difference{App: "7", Text: "no record"}
	told := func(reason, app, subject string) *Told {
		out := &Told{Errors: true}
		out.RejectRow(reason, app, subject)
		return out
	}
	for name, tc := range map[string]struct {
		told *Told
		d    Difference
		left int
	}{
		"a failure tells all that is missing":        {&Told{Failed: true}, missing, 0},
		"nothing excuses what is wrong":              {&Told{Failed: true}, newWrong("wrong"), 1},
		"silence explains nothing":                   {&Told{Errors: true}, missing, 1},
		"a user of that app":                         {told("assignment refused", "7", "Alice@contoso.com"), missing, 0},
		"another user":                               {told("assignment refused", "7", "bob@contoso.com"), missing, 1},
		"the whole app":                              {told("app refused", "7", "Slack"), missing, 0},
		"the record of the app":                      {told("users missing", "7", ""), record, 0},
		"the record is not told by one of its users": {told("assignment refused", "7", "bob@contoso.com"), record, 1},
		"apps that have no name":                     {told("apps cut off", "", ""), record, 0},
		"rejects of a session that completed":        {&Told{apps: map[string]bool{"7": true}}, missing, 1},
		"as many as were skipped":                    {&Told{Errors: true, Skipped: 1}, missing, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if left := tc.told.FindUnexplained([]Difference{tc.d}); len(left) != tc.left {
				t.Errorf("left: %v", left)
			}
		})
	}
}
