package appsync

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// catalogue is a page of apps that only a test knows.
func catalogue() []saas.App {
	return []saas.App{
		{ID: "901", Name: "Orbit Notes", Category: "Productivity", Vendor: "Orbit Inc.", Website: "orbit.example", Users: 3, Stream: "s"},
		{ID: "902", Name: "Lumen CRM", Category: "CRM", Website: "lumen.example", Users: 0, Stream: "s"},
		{ID: "903", Name: "Kite", Category: "Storage", Users: 7, Stream: "s"},
	}
}

func TestAppsAreCreatedOnceWithTheirFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		out := r.upsertAll(append(catalogue(), catalogue()[0]))
		if out.Counts != (saas.AppCounts{Seen: 4, Created: 3}) || len(out.Refs) != 3 {
			t.Fatalf("counts %+v, %d apps to go on with", out.Counts, len(out.Refs))
		}
		rec := r.Holdings().SaaS["Orbit Notes"]
		if rec.LinkKey != saas.LinkKey("901") || rec.Publisher != "Orbit Inc." || rec.URL != "orbit.example" || rec.Category != "Productivity" {
			t.Errorf("the record is %+v", rec)
		}
		for _, ref := range out.Refs {
			if !ref.New || !ref.Ours || ref.SaaS == "" {
				t.Errorf("%+v should be new and ours", ref)
			}
		}
		r.CheckContract()
	})
}

func TestUnchangedAppsCostNoWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		before := r.Counts()
		out := r.upsertAll(catalogue())
		if out.Counts != (saas.AppCounts{Seen: 3, Unchanged: 3}) || r.Counts() != before {
			t.Errorf("counts %+v; Oomnitza saw %+v, before %+v", out.Counts, r.Counts(), before)
		}
		for _, ref := range out.Refs {
			if ref.New || !ref.Ours {
				t.Errorf("%+v should be ours and not new", ref)
			}
		}
	})
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		apps := catalogue()
		apps[0].Website = "orbit.example.com"
		apps[1].Website = "" // Defender no longer knows it: the record keeps it
		out := r.upsertAll(apps)
		if out.Counts != (saas.AppCounts{Seen: 3, Updated: 1, Unchanged: 2}) {
			t.Errorf("counts %+v", out.Counts)
		}
		h := r.Holdings().SaaS
		if rec := h["Orbit Notes"]; rec.URL != "orbit.example.com" || rec.Publisher != "Orbit Inc." || rec.Patches != 1 {
			t.Errorf("the changed record is %+v", rec)
		}
		if rec := h["Lumen CRM"]; rec.URL != "lumen.example" || rec.Patches != 0 {
			t.Errorf("the other is %+v", rec)
		}
		r.CheckContract()
	})
}

func TestAWebsiteStaysWhileItIsAmongTheDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		apps := catalogue()
		apps[0].SetDomains([]string{"cdn.example.net", "notes.example.org"})
		written := apps[0].Website
		r.upsertAll(apps)
		for _, domains := range [][]string{{"orbitnotes.com", written}, {written, "orbitnotes.com", "orbitnotes.com"}} {
			apps[0].SetDomains(domains)
			if out := r.upsertAll(apps); apps[0].Website != "orbitnotes.com" || out.Counts.Updated != 0 || r.Holdings().SaaS["Orbit Notes"].URL != written {
				t.Errorf("%q: %+v, the website is %q", domains, out.Counts, r.Holdings().SaaS["Orbit Notes"].URL)
			}
		}
		apps[0].SetDomains([]string{"orbitnotes.com"})
		if r.upsertAll(apps); r.Holdings().SaaS["Orbit Notes"].URL != "orbitnotes.com" {
			t.Errorf("it is no domain of the app's any more, and stays: %q", r.Holdings().SaaS["Orbit Notes"].URL)
		}
		r.CheckContract()
	})
}

func TestAnAppWithEndlessTextsIsCarriedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.Rows.Huge = true
		r := newRig(t, o)
		apps := r.discovered()
		text, err := json.Marshal(apps)
		if err != nil || len(apps) == 0 || len(text) > 2000*len(apps) {
			t.Errorf("%d apps are %d bytes (%v)", len(apps), len(text), err)
		}
		apps[0].Name = strings.Repeat("n", 800)
		if out := r.upsertAll(apps); out.Counts.Rejected > 0 || out.Counts.Created != len(apps) {
			t.Errorf("%+v", out.Counts)
		}
	})
}

func TestADeletedRecordStandsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, unique := range []string{"", "deleted"} {
			o := small()
			o.Variants.Unkind.Records = simulator.RecordSwitches{Deleted: true, Unique: unique}
			r := newRig(t, o)
			apps := r.discovered()
			out := r.upsertNext(apps, saas.Untaken{})
			if out.Counts.Created != len(apps) || out.Counts.Rejected != 0 {
				t.Fatalf("%q: counts %+v", unique, out.Counts)
			}
			for _, app := range apps {
				name := app.Name
				if unique == "deleted" {
					name += " (" + app.ID + ")"
				}
				if _, there := r.Holdings().SaaS[name]; !there {
					t.Errorf("%q: there is no record %q", unique, name)
				}
			}
			again := r.upsertNext(apps, out.Untaken)
			if again.Counts.Unchanged != len(apps) {
				t.Errorf("%q: the next session: %+v", unique, again.Counts)
			}
			r.CheckContract()
		}
	})
}

func TestARecordThatWasDeletedByHandIsMadeAnew(t *testing.T) {
	inBubble(t, "between sessions", func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		r.DeleteSaaS("Kite")
		if out := r.upsertAll(catalogue()); out.Counts.Created != 1 || out.Counts.Unchanged != 2 || r.Holdings().SaaS["Kite"].LinkKey != saas.LinkKey("903") {
			t.Errorf("counts %+v", out.Counts)
		}
	})
	inBubble(t, "between finding and changing", func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		apps := catalogue()
		apps[2].Website = "kite.example"
		r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
			if req.Method == http.MethodPatch {
				r.DeleteSaaS("Kite")
			}
			return false
		})
		if out := r.upsertAll(apps); out.Counts.Created != 1 || out.Counts.Unchanged != 2 || r.Holdings().SaaS["Kite"].URL != "kite.example" {
			t.Errorf("counts %+v, rejects %+v", out.Counts, out.Rejects)
		}
	})
}

func TestAnotherIntegrationsRecordIsAdoptedAndLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.ExistingApps = 0.5
		r := newRig(t, o)
		out := r.upsertAll(r.discovered())
		if out.Counts.Adopted == 0 || out.Counts.Created == 0 {
			t.Fatalf("counts %+v", out.Counts)
		}
		theirs := map[string]bool{}
		for name, rec := range r.Holdings().SaaS {
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
		r.CheckContract()
	})
}

func TestAnEmptyWebsiteOfAnAdoptedRecordIsFilledIfTheSettingSaysSo(t *testing.T) {
	for name, tc := range map[string]struct {
		fill     bool
		website  string // before
		switches simulator.RecordSwitches
		want     string // after
		counts   saas.AppCounts
	}{
		"by default not": {want: "", counts: saas.AppCounts{Seen: 1, Adopted: 1}},
		"filled":         {fill: true, want: "kite.example", counts: saas.AppCounts{Seen: 1, Updated: 1}},
		"another one":    {fill: true, website: "kite.io", want: "kite.io", counts: saas.AppCounts{Seen: 1, Adopted: 1}},
		"refused":        {fill: true, switches: simulator.RecordSwitches{Websites: "https"}, want: "", counts: saas.AppCounts{Seen: 1, Adopted: 1}},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := recordsRig(t, tc.switches)
			r.policy.FillWebsites = tc.fill
			r.addRecord(saas.Record{Name: "Kite", Source: "Okta", LinkKey: "okta:77", Website: tc.website})
			before := r.Holdings().SaaS["Kite"]
			app := saas.App{ID: "903", Name: "Kite", Website: "kite.example", Category: "Travel", Vendor: "Kite Ltd."}
			out := r.upsertNext([]saas.App{app}, saas.Untaken{})
			after := r.Holdings().SaaS["Kite"]
			if out.Counts != tc.counts || after.URL != tc.want || out.Refs[0].Ours || out.Refs[0].SaaS != before.ID {
				t.Errorf("counts %+v, reference %+v, website %q", out.Counts, out.Refs[0], after.URL)
			}
			if after.Category != before.Category || after.Publisher != before.Publisher || after.LinkKey != before.LinkKey || after.Source != before.Source || after.Visited != before.Visited {
				t.Errorf("more than the website was changed: %+v, was %+v", after, before)
			}
			if n := r.countWrites(func() { r.upsertNext([]saas.App{app}, out.Untaken) }); n != 0 {
				t.Errorf("the next session wrote %d records", n)
			}
			r.CheckContract()
		})
	}
}
