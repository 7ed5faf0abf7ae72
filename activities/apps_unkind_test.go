package activities

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
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

// session writes apps as one session would, going by what the one before
// handed on.
func (r *rig) session(apps []saas.App, before saas.Untaken) contract.UpsertAppsResult {
	r.t.Helper()
	return must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: apps, Policy: r.policy, Creator: true, Untaken: before.Without(string(saas.FieldName))})
}

// writes counts what a function writes to Oomnitza's records.
func (r *rig) writes(f func()) int {
	before := r.sim.Counts()
	f()
	after := r.sim.Counts()
	return after.SaaSCreated + after.SaaSPatched - before.SaaSCreated - before.SaaSPatched
}

// blocking answers each write that has a text in its body, or whose path ends
// so, in place of the tenant.
func blocking(text string, answer func(http.ResponseWriter)) guard {
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodGet {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte(text)) && !strings.HasSuffix(req.URL.Path, text) {
			return false
		}
		answer(w)
		return true
	}
}

// page answers with a web page.
func page(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><title>Request blocked</title></html>")
	}
}

func TestWhomCreatedByNamesIsResolvedBeforeItIsJudged(t *testing.T) {
	for form, note := range map[string]string{
		"": "", "literal": "", "id": "", "number": "", "name": "", "object": "", "capitals": "", "around": "",
		"empty": NoteNoCreator, "opaque": fmt.Sprintf(NoteCreatorUnclear, "API integration #4"),
	} {
		t.Run("shown as "+form, func(t *testing.T) {
			r := recordsRig(t, simulator.RecordSwitches{CreatedBy: form})
			out := r.session(catalogue(), saas.Untaken{})
			if out.Counts.Created != 3 || !out.Creator || strings.Join(out.Notes, "\n") != note {
				t.Errorf("counts %+v, looked at: %v, notes %q", out.Counts, out.Creator, out.Notes)
			}
			if by := r.sim.Holdings().SaaS["Kite"].CreatedBy; by != r.sim.Options().TokenUser {
				t.Errorf("the record is created by %q", by)
			}
			apps := catalogue()
			apps[0].Website = "orbit.example.com"
			again := r.session(apps, out.Untaken)
			if again.Counts.Rejected != 0 {
				t.Errorf("the second session: %+v", again.Rejects)
			}
			if n := r.writes(func() { again = r.session(apps, again.Untaken) }); n != 0 || again.Counts.Unchanged != 3 {
				t.Errorf("the third session wrote %d records: %+v", n, again.Counts)
			}
			r.clean()
		})
	}
}

func TestARecordWithoutLinkKeyIsOursWhateverItsCreatorIsCalled(t *testing.T) {
	for _, form := range []string{"", "empty", "id", "number", "name", "object", "capitals", "around", "opaque"} {
		o := small()
		o.Variants.Unkind.Records.CreatedBy, o.Variants.LinkKeyIgnored = form, true
		r := newRig(t, o)
		r.session(catalogue(), saas.Untaken{})
		again := r.session(catalogue(), saas.Untaken{})
		if again.Counts.Adopted != 0 || again.Counts.Created != 0 || len(r.sim.Holdings().SaaS) != 3 {
			t.Errorf("%q: %+v, %d records", form, again.Counts, len(r.sim.Holdings().SaaS))
		}
		for _, ref := range again.Refs {
			if !ref.Ours {
				t.Errorf("%q: %+v is not ours", form, ref)
			}
		}
	}
}

func TestAnotherPersonsTokenIsFoundOutInEveryForm(t *testing.T) {
	for _, form := range []string{"", "id", "number", "name", "object", "capitals", "around"} {
		r := recordsRig(t, simulator.RecordSwitches{CreatedBy: form})
		r.policy.IntegrationUser = "resident0@contoso.com"
		_, err := try[contract.UpsertAppsResult](r, &attempt{}, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy, Creator: true})
		if kind, again := kindOf(t, err); kind != httpx.KindConfig || again || !strings.Contains(err.Error(), "the token acts for") {
			t.Errorf("%q: %v", form, err)
		}
	}
}

func TestAFirewallCostsTheAppItDoesNotLikeAlone(t *testing.T) {
	for _, name := range []string{"ASCII(", "<script>", "../etc/passwd", "' OR 1=1"} {
		for how, answer := range map[string]func(http.ResponseWriter){
			"403": page(403), "406": page(406), "501": page(501), "500": page(500), "503": page(503), "200": page(200), "401": page(401),
			"302": func(w http.ResponseWriter) {
				w.Header().Set("Location", "https://login.example/blocked")
				w.WriteHeader(http.StatusFound)
			},
			"drop": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		} {
			if name != "ASCII(" && how != "403" && how != "drop" && how != "302" {
				continue
			}
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, small())
				encoded, _ := json.Marshal(name)
				r.oomnitzaAt.set(blocking(`"saas_name":`+string(encoded), answer))
				bad := saas.App{ID: "904", Name: name, Category: "Storage", Users: 1, Stream: "s"}
				for what, apps := range map[string][]saas.App{"among others": append(catalogue(), bad), "alone": {bad}} {
					if len(apps) > 1 && (how == "200" || how == "302") {
						continue // which the client asks for again and again, and that takes its time
					}
					out := r.upsertAll(apps)
					if out.Counts.Rejected != 1 || len(out.Refs) != len(apps)-1 || len(out.Retry) != 1 || out.Retry[0] != "904" {
						t.Fatalf("%s: counts %+v, %d go on", what, out.Counts, len(out.Refs))
					}
					if s := out.Rejects.Samples[0]; s.Subject != name || s.Reason != RejectApp || (how != "drop" && how != "302" && !strings.Contains(s.Detail, "Request blocked")) {
						t.Errorf("%s: rejected as %+v", what, s)
					}
				}
			})
		}
	}
}

func TestAFirewallThatAlsoReadsQuestionsCostsNoMore(t *testing.T) {
	for _, status := range []int{403, 406, 500, 501} {
		r := newRig(t, small())
		writes := blocking("ASCII(", page(status))
		r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
			if strings.Contains(req.URL.Query().Get("filter"), "ASCII(") {
				page(status)(w)
				return true
			}
			return writes(w, req)
		})
		out := r.upsertAll(append(catalogue(), saas.App{ID: "904", Name: "ASCII(", Stream: "s"}))
		if out.Counts.Rejected != 1 || out.Counts.Created != 3 || out.Rejects.Samples[0].Subject != "ASCII(" {
			t.Errorf("%d: %+v", status, out.Counts)
		}
	}
}

func TestTheFirstPageWithOneRefusedAppAloneRejectsIt(t *testing.T) {
	for _, status := range []int{403, 500} {
		r := newRig(t, small())
		r.oomnitzaAt.set(blocking("ASCII(", page(status)))
		out := r.upsertAll([]saas.App{{ID: "904", Name: "ASCII(", Stream: "s"}})
		if out.Counts.Rejected != 1 {
			t.Errorf("%d: %+v", status, out.Counts)
		}
	}
}

func TestATenantThatRefusesEveryWriteFailsTheSession(t *testing.T) {
	r := recordsRig(t, simulator.RecordSwitches{Mute: true})
	_, err := try[contract.UpsertAppsResult](r, &attempt{}, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy})
	if kind, again := kindOf(t, err); kind != httpx.KindUnauthorized || again || !strings.Contains(err.Error(), "OOMNITZA_API_TOKEN") {
		t.Errorf("it ended with %v", err)
	}
}

func TestARecordThatCannotBeChangedCostsItselfAlone(t *testing.T) {
	for status, alone := range map[int]bool{403: false, 400: true, 500: true, 401: true} {
		r := newRig(t, small())
		first := r.upsertAll(catalogue())
		r.oomnitzaAt.set(blocking("/saas/"+first.Refs[0].SaaS, page(status)))
		apps := catalogue()
		apps[0].Website, apps[1].Website = "new.example", "new2.example"
		if alone {
			apps = apps[:1]
		}
		out := r.upsertAll(apps)
		if out.Counts.Rejected != 1 || out.Counts.Updated+out.Counts.Unchanged != len(apps)-1 || len(out.Refs) != len(apps) {
			t.Fatalf("%d: counts %+v, %d go on", status, out.Counts, len(out.Refs))
		}
		if s := out.Rejects.Samples[0]; s.Reason != RejectUpdate || s.App != "901" {
			t.Errorf("%d: rejected as %+v", status, s)
		}
		for _, ref := range out.Refs {
			if ref.Ours == (ref.App == "901") {
				t.Errorf("%d: %+v", status, ref)
			}
		}
	}
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
		t.Run(name, func(t *testing.T) {
			r := recordsRig(t, tc.u)
			out := r.session(catalogue(), saas.Untaken{})
			if out.Counts != (saas.AppCounts{Seen: 3, Created: 3}) || !strings.Contains(strings.Join(out.Notes, "\n"), tc.note) {
				t.Fatalf("counts %+v, notes %q", out.Counts, out.Notes)
			}
			if rec := r.sim.Holdings().SaaS["Orbit Notes"]; !tc.lost(rec) {
				t.Errorf("the record is %+v", rec)
			}
			posts := r.sim.Requests().Oomnitza.Requests
			var again contract.UpsertAppsResult
			if n := r.writes(func() { again = r.session(catalogue(), out.Untaken) }); n != 0 || again.Counts.Unchanged != 3 {
				t.Errorf("the next session wrote %d records: %+v", n, again.Counts)
			}
			if asked := r.sim.Requests().Oomnitza.Requests - posts; asked > 3 {
				t.Errorf("the next session asked %d times", asked)
			}
			if len(again.Notes) == 0 || again.Notes[0] != out.Notes[0] {
				t.Errorf("the next session notes %q, the first %q", again.Notes, out.Notes)
			}
			r.clean()
		})
	}
}

func TestFieldsOfOtherTypesAreSentBackAsTheyCame(t *testing.T) {
	r := recordsRig(t, simulator.RecordSwitches{OddTypes: true})
	r.upsertAll(catalogue())
	apps := catalogue()
	apps[0].Website, apps[1].Name = "orbit.example.com", "Lumen"
	if out := r.upsertAll(apps); out.Counts.Updated != 2 || out.Counts.Rejected != 0 {
		t.Errorf("counts %+v", out.Counts)
	}
	r.clean()
}

func TestNamesThatTheTenantStoresOtherwiseAreNotWrittenAgain(t *testing.T) {
	long := "A very long name of an app that no column of thirty characters can hold"
	apps := []saas.App{{ID: "901", Name: `R&D "Tools" <beta>`, Stream: "s"}, {ID: "902", Name: long, Stream: "s"}, {ID: "903", Name: long + " either", Stream: "s"}, {ID: "904", Name: "Kite", Stream: "s"}}
	for _, form := range []string{"escaped", "spaced", "cut"} {
		for _, linkless := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, no link keys: %v", form, linkless), func(t *testing.T) {
				o := small()
				o.Variants.Unkind.Records.Names, o.Variants.LinkKeyIgnored = form, linkless
				r := newRig(t, o)
				first := r.session(apps, saas.Untaken{})
				if first.Counts.Created != 4 || len(r.sim.Holdings().SaaS) != 4 {
					t.Fatalf("counts %+v, rejects %+v, records %v", first.Counts, first.Rejects, r.sim.Holdings().SaaS)
				}
				second := r.session(apps, first.Untaken)
				ids := map[string]bool{}
				for i, ref := range second.Refs {
					ids[ref.SaaS] = true
					if ref.SaaS != first.Refs[i].SaaS {
						t.Errorf("app %s went from record %s to %s", ref.App, first.Refs[i].SaaS, ref.SaaS)
					}
				}
				var third contract.UpsertAppsResult
				if n := r.writes(func() { third = r.session(apps, second.Untaken) }); n != 0 || third.Counts.Unchanged != 4 || len(ids) != 4 {
					t.Errorf("the third session wrote %d: %+v; %d records", n, third.Counts, len(ids))
				}
				r.clean()
			})
		}
	}
}

func TestADeletedRecordStandsForNothing(t *testing.T) {
	for _, unique := range []string{"", "deleted"} {
		o := small()
		o.Variants.Unkind.Records = simulator.RecordSwitches{Deleted: true, Unique: unique}
		r := newRig(t, o)
		apps := r.apps(r.open(contract.Carry{}), 0)
		out := r.session(apps, saas.Untaken{})
		if out.Counts.Created != len(apps) || out.Counts.Rejected != 0 {
			t.Fatalf("%q: counts %+v", unique, out.Counts)
		}
		for _, app := range apps {
			name := app.Name
			if unique == "deleted" {
				name += " (" + app.ID + ")"
			}
			if _, there := r.sim.Holdings().SaaS[name]; !there {
				t.Errorf("%q: there is no record %q", unique, name)
			}
		}
		again := r.session(apps, out.Untaken)
		if again.Counts.Unchanged != len(apps) {
			t.Errorf("%q: the next session: %+v", unique, again.Counts)
		}
		r.clean()
	}
}

func TestARecordThatWasDeletedByHandIsMadeAnew(t *testing.T) {
	t.Run("between sessions", func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		r.sim.DeleteSaaS("Kite")
		if out := r.upsertAll(catalogue()); out.Counts.Created != 1 || out.Counts.Unchanged != 2 || r.sim.Holdings().SaaS["Kite"].LinkKey != saas.LinkKey("903") {
			t.Errorf("counts %+v", out.Counts)
		}
	})
	t.Run("between finding and changing", func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		apps := catalogue()
		apps[2].Website = "kite.example"
		r.oomnitzaAt.set(func(_ http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPatch {
				r.sim.DeleteSaaS("Kite")
			}
			return false
		})
		if out := r.upsertAll(apps); out.Counts.Created != 1 || out.Counts.Unchanged != 2 || r.sim.Holdings().SaaS["Kite"].URL != "kite.example" {
			t.Errorf("counts %+v, rejects %+v", out.Counts, out.Rejects)
		}
	})
}

func TestANameThatTheTenantTakesForAnotherIsNoReasonToReject(t *testing.T) {
	for theirs, ours := range map[string]string{"Cafe": "Café", "ＤｒｏｐＢox": "Dropbox", "Drop-Box": "Dropbox", "Naïve App": "Naive App"} {
		r := recordsRig(t, simulator.RecordSwitches{Unique: "accents"})
		r.record(saas.Record{Name: theirs, Source: "Okta", LinkKey: "okta:1", CreatedBy: "admin"})
		apps := []saas.App{{ID: "905", Name: ours, Stream: "s"}}
		out := r.session(apps, saas.Untaken{})
		if out.Counts.Created != 1 || r.sim.Holdings().SaaS[ours+" (905)"].LinkKey != saas.LinkKey("905") {
			t.Fatalf("%s: counts %+v, rejects %+v", ours, out.Counts, out.Rejects)
		}
		if again := r.session(apps, out.Untaken); again.Counts.Unchanged != 1 || again.Refs[0].SaaS != out.Refs[0].SaaS {
			t.Errorf("%s: the next session: %+v", ours, again.Counts)
		}
		r.sim.DeleteSaaS(theirs)
		if free := r.session(apps, out.Untaken); free.Counts.Updated != 1 || r.sim.Holdings().SaaS[ours].LinkKey != saas.LinkKey("905") {
			t.Errorf("%s: once it is free: %+v", ours, free.Counts)
		}
		r.clean()
	}
}

func TestNamesThatAreSwappedSettleInTheSameSession(t *testing.T) {
	for what, names := range map[string][]string{
		"a swap": {"Lumen CRM", "Orbit Notes", "Kite"}, "a circle": {"Lumen CRM", "Kite", "Orbit Notes"},
		"a chain": {"Lumen CRM", "Kite", "Sail"}, "a chain the other way": {"Sail", "Orbit Notes", "Lumen CRM"},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t, small())
			first := r.upsertAll(catalogue())
			apps := catalogue()
			for i, name := range names {
				apps[i].Name = name
			}
			out := r.upsertAll(apps)
			if out.Counts.Rejected != 0 || out.Counts.Created != 0 || len(out.Refs) != 3 {
				t.Fatalf("counts %+v, rejects %+v", out.Counts, out.Rejects)
			}
			for i, name := range names {
				if rec := r.sim.Holdings().SaaS[name]; rec.ID != first.Refs[i].SaaS {
					t.Errorf("%q is record %q, want %s", name, rec.ID, first.Refs[i].SaaS)
				}
			}
			if n := r.writes(func() { r.upsertAll(apps) }); n != 0 {
				t.Errorf("the next session wrote %d", n)
			}
			r.clean()
		})
	}
}

func TestANewAppTakesANameThatIsGivenUpOnTheSamePage(t *testing.T) {
	r := newRig(t, small())
	first := r.upsertAll(catalogue())
	apps := catalogue()
	apps[2].Name = "Sail"
	apps = append([]saas.App{{ID: "910", Name: "Kite", Stream: "s"}}, apps...)
	r.upsertAll(apps)
	if h := r.sim.Holdings().SaaS; h["Kite"].LinkKey != saas.LinkKey("910") || h["Sail"].ID != first.Refs[2].SaaS || len(h) != 4 {
		t.Errorf("records %+v", h)
	}
	r.clean()
}

func TestALongerNameIsGivenUpOnceThePlainOneIsFree(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	r.record(saas.Record{Name: "Sail", Source: "Okta", LinkKey: "okta:1", CreatedBy: "admin"})
	apps := catalogue()
	apps[2].Name = "Sail"
	r.upsertAll(apps[2:])
	if _, there := r.sim.Holdings().SaaS["Sail (903)"]; !there {
		t.Fatalf("records %+v", r.sim.Holdings().SaaS)
	}
	r.sim.DeleteSaaS("Sail")
	if out := r.upsertAll(apps[2:]); out.Counts.Updated != 1 || r.sim.Holdings().SaaS["Sail"].LinkKey != saas.LinkKey("903") {
		t.Errorf("counts %+v, records %+v", out.Counts, r.sim.Holdings().SaaS)
	}
	r.clean()
}

func TestActiveUsersThatCannotBeWrittenCostTheirAppAlone(t *testing.T) {
	o := small()
	o.Variants.Unkind.Records.Locked = 0.3
	r := newRig(t, o)
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(r.open(contract.Carry{}), 0))
	locked := 0
	for name := range r.sim.Holdings().SaaS {
		if r.sim.RecordLocked(name) {
			locked++
		}
	}
	if locked == 0 || out.Counts.Apps.Rejected == 0 || out.Counts.Apps.Rejected > locked || len(out.Retry) != out.Counts.Apps.Rejected {
		t.Errorf("%d records are locked: counts %+v, retry %v", locked, out.Counts, out.Retry)
	}
	for _, s := range out.Rejects.Samples {
		if s.Reason != "number of active users not written" || strings.Contains(s.Detail, "OOMNITZA_API_TOKEN") {
			t.Errorf("rejected as %+v", s)
		}
	}
	if out.Counts.Users.Added == 0 || out.Counts.Users.Rejected != 0 {
		t.Errorf("users %+v", out.Counts.Users)
	}
}

func TestOneUnauthorizedAnswerIsAskedAgain(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		r := newRig(t, small())
		refused := map[string]bool{}
		r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
			if refused[req.Method] {
				return false
			}
			refused[req.Method] = true
			w.WriteHeader(status)
			return true
		})
		out := r.upsertAll(catalogue()[:1])
		if out.Counts.Created != 1 || r.sim.Counts().SaaSCreated != 1 || len(refused) != 2 {
			t.Errorf("%d: counts %+v, refused %v", status, out.Counts, refused)
		}
		r.clean()
	}
}
