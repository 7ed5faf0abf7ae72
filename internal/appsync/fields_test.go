package appsync

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// recordsRig is a rig whose Oomnitza has the given switches.
func recordsRig(t *testing.T, u simulator.RecordSwitches) *rig {
	t.Helper()
	o := small()
	o.Variants.Unkind.Records = u
	return newRig(t, o)
}

func TestARefusedFieldIsLeftOutAndTheAppKept(t *testing.T) {
	for name, tc := range map[string]struct {
		u    simulator.RecordSwitches
		note string
		lost func(simulator.HeldSaaS) bool // whether what was refused, and only that, is missing
	}{
		"a category that is not listed": {simulator.RecordSwitches{Categories: []string{"Other", "CRM"}}, "does not take the category of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.Category == "Other" && h.URL == "orbit.example" && h.Publisher == "Orbit Inc."
			}},
		"a category, without a word of it": {simulator.RecordSwitches{Categories: []string{"Other"}, Wordless: true}, "does not take the category of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.Category == "Other" && h.URL == "orbit.example" && h.Publisher == "Orbit Inc."
			}},
		"a website without a scheme": {simulator.RecordSwitches{Websites: "https"}, "does not take the website of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.URL == "" && h.Category == "Productivity" && h.Publisher == "Orbit Inc."
			}},
		"a website that is too long, without a word of it": {simulator.RecordSwitches{Websites: "short", Wordless: true}, "does not take the website of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.URL == "" && h.Category == "Productivity" && h.Publisher == "Orbit Inc."
			}},
		"the source": {simulator.RecordSwitches{NoSource: true}, "does not take the source of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.Source == "" && h.Category == "Productivity" && h.URL == "orbit.example" && h.LinkKey == saas.LinkKey("901")
			}},
		"both": {simulator.RecordSwitches{Websites: "https", Categories: []string{"Other"}, Wordless: true}, "does not take the website of some apps",
			func(h simulator.HeldSaaS) bool {
				return h.URL == "" && h.Category == "Other" && h.Publisher == "Orbit Inc."
			}},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := recordsRig(t, tc.u)
			out := r.upsertNext(catalogue(), saas.Untaken{})
			if out.Counts != (saas.AppCounts{Seen: 3, Created: 3}) || !strings.Contains(strings.Join(out.Notes, "\n"), tc.note) {
				t.Fatalf("counts %+v, notes %q", out.Counts, out.Notes)
			}
			if rec := r.Holdings().SaaS["Orbit Notes"]; !tc.lost(rec) {
				t.Errorf("the record is %+v", rec)
			}
			posts := r.Requests().Oomnitza.Requests
			var again contract.UpsertAppsResult
			if n := r.countWrites(func() { again = r.upsertNext(catalogue(), out.Untaken) }); n != 0 || again.Counts.Unchanged != 3 {
				t.Errorf("the next session wrote %d records: %+v", n, again.Counts)
			}
			if asked := r.Requests().Oomnitza.Requests - posts; asked > 3 {
				t.Errorf("the next session asked %d times", asked)
			}
			if len(again.Notes) == 0 || again.Notes[0] != out.Notes[0] {
				t.Errorf("the next session notes %q, the first %q", again.Notes, out.Notes)
			}
			r.CheckContract()
		})
	}
}

// TestARecordIsKnownAsOursWheneverItsSessionEnds has a session end between the create of
// records, which a field is refused for, and the writing of their other fields.
func TestARecordIsKnownAsOursWheneverItsSessionEnds(t *testing.T) {
	for name, noSource := range map[string]bool{"of our source": false, "of no source": true} {
		inBubble(t, name, func(t *testing.T) {
			r := recordsRig(t, simulator.RecordSwitches{CreatedBy: "literal", Categories: []string{"Other"}, Wordless: true, NoSource: noSource})
			ctx, cancel := context.WithCancel(t.Context())
			r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method == http.MethodPatch {
					cancel()
				}
				return ctx.Err() != nil
			})
			if _, err := r.engine.Upsert(ctx, contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy}); err == nil {
				t.Fatal("the session went on")
			}
			made := r.Holdings().SaaS
			for name, rec := range made {
				if !strings.HasPrefix(rec.LinkKey, saas.LinkKey("")) || !noSource && (rec.Source != saas.Source || rec.CreatedBy != r.policy.IntegrationUser) {
					t.Errorf("the record of %s is %+v", name, rec)
				}
			}
			if len(made) == 0 {
				t.Error("no record was made")
			}
			r.OomnitzaDoor.Post(func(http.ResponseWriter, *http.Request) bool { return false })
			r.restart()
			r.upsertNext(catalogue(), saas.Untaken{})
			for _, app := range catalogue() {
				if rec := r.Holdings().SaaS[app.Name]; rec.CreatedBy != r.policy.IntegrationUser || rec.Publisher != app.Vendor || rec.URL != app.Website {
					t.Errorf("after the next session the record of %s is %+v", app.Name, rec)
				}
			}
			r.CheckContract()
		})
	}
}

func TestFieldsOfOtherTypesAreSentBackAsTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recordsRig(t, simulator.RecordSwitches{OddTypes: true})
		r.upsertAll(catalogue())
		apps := catalogue()
		apps[0].Website, apps[1].Name = "orbit.example.com", "Lumen"
		if out := r.upsertAll(apps); out.Counts.Updated != 2 || out.Counts.Rejected != 0 {
			t.Errorf("counts %+v", out.Counts)
		}
		r.CheckContract()
	})
}
