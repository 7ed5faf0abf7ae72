package activities

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// catalogue is a page of apps that only a test knows.
func catalogue() []saas.App {
	return []saas.App{
		{ID: "901", Name: "Orbit Notes", Category: "Productivity", Vendor: "Orbit Inc.", Website: "orbit.example", Users: 3, Stream: "s"},
		{ID: "902", Name: "Lumen CRM", Category: "CRM", Website: "lumen.example", Users: 0, Stream: "s"},
		{ID: "903", Name: "Kite", Category: "Storage", Users: 7, Stream: "s"},
	}
}

func (r *rig) upsertAll(apps []saas.App) contract.UpsertAppsResult {
	r.t.Helper()
	return must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: apps, Policy: r.policy})
}

// record makes a record as another integration would.
func (r *rig) record(rec saas.Record) {
	r.t.Helper()
	if _, err := r.oomnitza.CreateSaaS(r.t.Context(), rec); err != nil {
		r.t.Error(err)
	}
}

func TestAppsAreCreatedOnceWithTheirFields(t *testing.T) {
	r := newRig(t, small())
	out := r.upsertAll(append(catalogue(), catalogue()[0]))
	if out.Counts != (saas.AppCounts{Seen: 4, Created: 3}) || len(out.Refs) != 3 {
		t.Fatalf("counts %+v, %d apps to go on with", out.Counts, len(out.Refs))
	}
	rec := r.sim.Holdings().SaaS["Orbit Notes"]
	if rec.LinkKey != saas.LinkKey("901") || rec.Publisher != "Orbit Inc." || rec.URL != "orbit.example" || rec.Category != "Productivity" {
		t.Errorf("the record is %+v", rec)
	}
	for _, ref := range out.Refs {
		if !ref.New || !ref.Ours || ref.SaaS == "" {
			t.Errorf("%+v should be new and ours", ref)
		}
	}
	r.clean()
}

func TestUnchangedAppsCostNoWrite(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	before := r.sim.Counts()
	out := r.upsertAll(catalogue())
	if out.Counts != (saas.AppCounts{Seen: 3, Unchanged: 3}) || r.sim.Counts() != before {
		t.Errorf("counts %+v; Oomnitza saw %+v, before %+v", out.Counts, r.sim.Counts(), before)
	}
	for _, ref := range out.Refs {
		if ref.New || !ref.Ours {
			t.Errorf("%+v should be ours and not new", ref)
		}
	}
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	r := newRig(t, small())
	r.upsertAll(catalogue())
	apps := catalogue()
	apps[0].Website = "orbit.example.com"
	apps[1].Website = "" // Defender no longer knows it: the record keeps it
	out := r.upsertAll(apps)
	if out.Counts != (saas.AppCounts{Seen: 3, Updated: 1, Unchanged: 2}) {
		t.Errorf("counts %+v", out.Counts)
	}
	h := r.sim.Holdings().SaaS
	if rec := h["Orbit Notes"]; rec.URL != "orbit.example.com" || rec.Publisher != "Orbit Inc." || rec.Patches != 1 {
		t.Errorf("the changed record is %+v", rec)
	}
	if rec := h["Lumen CRM"]; rec.URL != "lumen.example" || rec.Patches != 0 {
		t.Errorf("the other is %+v", rec)
	}
	r.clean()
}

func TestAWebsiteStaysWhileItIsAmongTheDomains(t *testing.T) {
	r := newRig(t, small())
	apps := catalogue()
	apps[0].SetDomains([]string{"cdn.example.net", "notes.example.org"})
	written := apps[0].Website
	r.upsertAll(apps)
	for _, domains := range [][]string{{"orbitnotes.com", written}, {written, "orbitnotes.com", "orbitnotes.com"}} {
		apps[0].SetDomains(domains)
		if out := r.upsertAll(apps); apps[0].Website != "orbitnotes.com" || out.Counts.Updated != 0 || r.sim.Holdings().SaaS["Orbit Notes"].URL != written {
			t.Errorf("%q: %+v, the website is %q", domains, out.Counts, r.sim.Holdings().SaaS["Orbit Notes"].URL)
		}
	}
	apps[0].SetDomains([]string{"orbitnotes.com"})
	if r.upsertAll(apps); r.sim.Holdings().SaaS["Orbit Notes"].URL != "orbitnotes.com" {
		t.Errorf("it is no domain of the app's any more, and stays: %q", r.sim.Holdings().SaaS["Orbit Notes"].URL)
	}
	r.clean()
}

func TestAnAppWithEndlessTextsIsCarriedOver(t *testing.T) {
	o := small()
	o.Variants.Unkind.Rows.Huge = true
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	page := must[contract.AppsPage](r, contract.ActivityFetchApps, contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect})
	text, err := json.Marshal(page)
	if err != nil || len(page.Apps) == 0 || len(text) > 2000*len(page.Apps) {
		t.Errorf("a page of %d apps is %d bytes (%v)", len(page.Apps), len(text), err)
	}
	page.Apps[0].Name = strings.Repeat("n", 800)
	if out := r.upsertAll(page.Apps); out.Counts.Rejected > 0 || out.Counts.Created != len(page.Apps) {
		t.Errorf("%+v", out.Counts)
	}
}

func TestARenamedAppKeepsItsRecord(t *testing.T) {
	r := newRig(t, small())
	first := r.upsertAll(catalogue())
	apps := catalogue()
	apps[0].Name = "Orbit Notebook"
	again := r.upsertAll(apps)
	if again.Refs[0].SaaS != first.Refs[0].SaaS || r.sim.Holdings().SaaS["Orbit Notebook"].ID != first.Refs[0].SaaS {
		t.Errorf("the app went from record %s to %s", first.Refs[0].SaaS, again.Refs[0].SaaS)
	}
	r.clean()
}

func TestAnotherIntegrationsRecordIsAdoptedAndLeftAlone(t *testing.T) {
	o := small()
	o.ExistingApps = 0.5
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	out := r.upsertAll(r.apps(p, 0))
	if out.Counts.Adopted == 0 || out.Counts.Created == 0 {
		t.Fatalf("counts %+v", out.Counts)
	}
	theirs := map[string]bool{}
	for name, rec := range r.sim.Holdings().SaaS {
		theirs[rec.ID] = rec.ByAnother
		if rec.ByAnother && rec.Patches > 0 {
			t.Errorf("%s was changed", name)
		}
	}
	for _, ref := range out.Refs {
		if ref.Ours == theirs[ref.SaaS] || (ref.New && theirs[ref.SaaS]) {
			t.Errorf("%+v; made by another: %v", ref, theirs[ref.SaaS])
		}
	}
	r.clean()
}

func TestTwoAppsOfOneNameOnAPageGetTwoRecords(t *testing.T) {
	r := newRig(t, small())
	apps := catalogue()
	apps[2].Name = "orbit notes"
	out := r.upsertAll(apps)
	h := r.sim.Holdings().SaaS
	if out.Counts.Created != 3 || h["orbit notes (903)"].LinkKey != saas.LinkKey("903") || h["Orbit Notes"].LinkKey != saas.LinkKey("901") {
		t.Errorf("counts %+v, records %v", out.Counts, h)
	}
	before := r.sim.Counts()
	if again := r.upsertAll(apps); again.Counts.Unchanged != 3 || r.sim.Counts() != before {
		t.Errorf("the next session wrote: %+v", again.Counts)
	}
	r.clean()
}

func TestARecordWhoseCreationWentUnansweredIsFoundNotDoubled(t *testing.T) {
	r := newRig(t, small())
	var lost atomic.Int64
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/saas") || lost.Add(1) > 3 {
			return false
		}
		// The tenant does it, and nobody hears of it.
		r.sim.Oomnitza().ServeHTTP(deaf{}, req)
		panic(http.ErrAbortHandler)
	})
	out := r.upsertAll(catalogue())
	if out.Counts.Created != 3 || out.Counts.Rejected != 0 || r.sim.Counts().SaaSCreated != 3 {
		t.Errorf("counts %+v; Oomnitza saw %+v", out.Counts, r.sim.Counts())
	}
	for _, ref := range out.Refs {
		// Somebody else may have assigned people to it meanwhile.
		if ref.New || !ref.Ours || ref.SaaS == "" {
			t.Errorf("%+v should be ours and not new", ref)
		}
	}
	r.clean()
}

// deaf takes an answer that nobody reads.
type deaf struct{}

func (deaf) Header() http.Header         { return http.Header{} }
func (deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) WriteHeader(int)             {}

func TestANameThatWasTakenMeanwhileIsLookedUpAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		rival saas.Record // made between looking and creating
		want  saas.AppCounts
		name  string // of the record that the app ends with
	}{
		"by somebody else, whose record is adopted": {
			saas.Record{Name: "Kite", Source: "Okta", LinkKey: "okta:77"}, saas.AppCounts{Seen: 1, Adopted: 1}, "Kite"},
		"by ourselves, for the same app": {
			saas.Record{Name: "Kite", Source: "x", LinkKey: saas.LinkKey("903")}, saas.AppCounts{Seen: 1, Created: 1}, "Kite"},
		"by another app of Defender's": {
			saas.Record{Name: "Kite", Source: "x", LinkKey: saas.LinkKey("904")}, saas.AppCounts{Seen: 1, Created: 1}, "Kite (903)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			var done atomic.Bool
			r.oomnitzaAt.set(func(_ http.ResponseWriter, req *http.Request) bool {
				if req.Method == http.MethodPost && !done.Swap(true) {
					r.record(tc.rival)
				}
				return false
			})
			out := r.upsertAll(catalogue()[2:])
			if out.Counts != tc.want || len(out.Refs) != 1 || out.Refs[0].SaaS != r.sim.Holdings().SaaS[tc.name].ID {
				t.Errorf("counts %+v, %+v", out.Counts, out.Refs)
			}
		})
	}
}

func TestARefusedAppIsRejectedAloneAndTriedAgain(t *testing.T) {
	r := newRig(t, small())
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		var rec struct {
			Name string `json:"saas_name"`
		}
		if json.Unmarshal(body, &rec) == nil && rec.Name == "Kite" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":["no kites here"]}`)
			return true
		}
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		return false
	})
	out := r.upsertAll(catalogue())
	if out.Counts != (saas.AppCounts{Seen: 3, Created: 2, Rejected: 1}) || len(out.Refs) != 2 {
		t.Errorf("counts %+v, %d go on", out.Counts, len(out.Refs))
	}
	if len(out.Retry) != 1 || out.Retry[0] != "903" || !strings.Contains(out.Rejects.Samples[0].Detail, "no kites here") {
		t.Errorf("retry %v, rejects %+v", out.Retry, out.Rejects)
	}
}

func TestATokenOfSomebodyElseIsFoundOutAtTheFirstRecord(t *testing.T) {
	r := newRig(t, small())
	r.policy.IntegrationUser = "somebody.else@contoso.com"
	_, err := try[contract.UpsertAppsResult](r, &attempt{}, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy, Creator: true})
	if kind, again := kindOf(t, err); kind != httpx.KindConfig || again || !strings.Contains(err.Error(), "INTEGRATION_USER") || !strings.Contains(err.Error(), r.sim.Options().TokenUser) {
		t.Errorf("it ended with %v", err)
	}
	r.policy.IntegrationUser = strings.ToUpper(r.sim.Options().TokenUser)
	r.upsertAll(catalogue())
	apps := append(catalogue(), saas.App{ID: "905", Name: "Fresh"})
	if out := must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: apps, Policy: r.policy, Creator: true}); !out.Creator {
		t.Error("a new record was not checked")
	}
}

func TestADryRunOfAppsWritesNothingAndCountsEachOnce(t *testing.T) {
	r := newRig(t, small())
	before := r.sim.Counts()
	in := contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy, DryRun: "run-1"}
	first, second := must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, in), must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, in)
	in.DryRun = "run-2"
	anew := must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, in)
	if first.Counts.Created != 3 || second.Counts.Unchanged != 3 || anew.Counts.Created != 3 {
		t.Errorf("counts %+v, then %+v, then in another run %+v", first.Counts, second.Counts, anew.Counts)
	}
	if r.sim.Counts() != before {
		t.Errorf("it wrote %+v", r.sim.Counts())
	}
	for _, ref := range first.Refs {
		if !saas.IsImaginary(ref.SaaS) {
			t.Errorf("%+v names a real record", ref)
		}
	}
}

func TestAnOutageOfOomnitzaWhileAppsAreWrittenIsForTemporalToRetry(t *testing.T) {
	r := newRig(t, small())
	r.oomnitzaAt.set(down)
	_, err := try[contract.UpsertAppsResult](r, &attempt{}, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: catalogue(), Policy: r.policy})
	if err == nil {
		t.Fatal("it succeeded")
	}
	if kind, again := kindOf(t, err); kind != httpx.KindServer || !again {
		t.Errorf("it ended with %v", err)
	}
}
