package appsync

import (
	"fmt"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestARenamedAppKeepsItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		first := r.upsertAll(catalogue())
		apps := catalogue()
		apps[0].Name = "Orbit Notebook"
		again := r.upsertAll(apps)
		if again.Refs[0].SaaS != first.Refs[0].SaaS || r.Holdings().SaaS["Orbit Notebook"].ID != first.Refs[0].SaaS {
			t.Errorf("the app went from record %s to %s", first.Refs[0].SaaS, again.Refs[0].SaaS)
		}
		r.CheckContract()
	})
}

func TestTwoAppsOfOneNameOnAPageGetTwoRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		apps := catalogue()
		apps[2].Name = "orbit notes"
		out := r.upsertAll(apps)
		h := r.Holdings().SaaS
		if out.Counts.Created != 3 || h["orbit notes (903)"].LinkKey != saas.LinkKey("903") || h["Orbit Notes"].LinkKey != saas.LinkKey("901") {
			t.Errorf("counts %+v, records %v", out.Counts, h)
		}
		before := r.Counts()
		if again := r.upsertAll(apps); again.Counts.Unchanged != 3 || r.Counts() != before {
			t.Errorf("the next session wrote: %+v", again.Counts)
		}
		r.CheckContract()
	})
}

func TestNamesThatTheTenantStoresOtherwiseAreNotWrittenAgain(t *testing.T) {
	long := "A very long name of an app that no column of thirty characters can hold"
	apps := []saas.App{{ID: "901", Name: `R&D "Tools" <beta>`, Stream: "s"}, {ID: "902", Name: long, Stream: "s"}, {ID: "903", Name: long + " either", Stream: "s"}, {ID: "904", Name: "Kite", Stream: "s"}}
	for _, form := range []string{"escaped", "spaced", "cut"} {
		for _, linkless := range []bool{false, true} {
			inBubble(t, fmt.Sprintf("%s, no link keys: %v", form, linkless), func(t *testing.T) {
				o := small()
				o.Variants.Unkind.Records.Names, o.Variants.LinkKeyIgnored = form, linkless
				r := newRig(t, o)
				first := r.upsertNext(apps, saas.Untaken{})
				if first.Counts.Created != 4 || len(r.Holdings().SaaS) != 4 {
					t.Fatalf("counts %+v, rejects %+v, records %v", first.Counts, first.Rejects, r.Holdings().SaaS)
				}
				second := r.upsertNext(apps, first.Untaken)
				ids := map[string]bool{}
				for i, ref := range second.Refs {
					ids[ref.SaaS] = true
					if ref.SaaS != first.Refs[i].SaaS {
						t.Errorf("app %s went from record %s to %s", ref.App, first.Refs[i].SaaS, ref.SaaS)
					}
				}
				var third contract.UpsertAppsResult
				if n := r.countWrites(func() { third = r.upsertNext(apps, second.Untaken) }); n != 0 || third.Counts.Unchanged != 4 || len(ids) != 4 {
					t.Errorf("the third session wrote %d: %+v; %d records", n, third.Counts, len(ids))
				}
				r.CheckContract()
			})
		}
	}
}

func TestANameThatTheTenantTakesForAnotherIsNoReasonToReject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for theirs, ours := range map[string]string{"Cafe": "Café", "ＤｒｏｐＢox": "Dropbox", "Drop-Box": "Dropbox", "Naïve App": "Naive App"} {
			r := recordsRig(t, simulator.RecordSwitches{Unique: "accents"})
			r.addRecord(saas.Record{Name: theirs, Source: "Okta", LinkKey: "okta:1", CreatedBy: "admin"})
			apps := []saas.App{{ID: "905", Name: ours, Stream: "s"}}
			out := r.upsertNext(apps, saas.Untaken{})
			if out.Counts.Created != 1 || r.Holdings().SaaS[ours+" (905)"].LinkKey != saas.LinkKey("905") {
				t.Fatalf("%s: counts %+v, rejects %+v", ours, out.Counts, out.Rejects)
			}
			if again := r.upsertNext(apps, out.Untaken); again.Counts.Unchanged != 1 || again.Refs[0].SaaS != out.Refs[0].SaaS {
				t.Errorf("%s: the next session: %+v", ours, again.Counts)
			}
			r.DeleteSaaS(theirs)
			if free := r.upsertNext(apps, out.Untaken); free.Counts.Updated != 1 || r.Holdings().SaaS[ours].LinkKey != saas.LinkKey("905") {
				t.Errorf("%s: once it is free: %+v", ours, free.Counts)
			}
			r.CheckContract()
		}
	})
}

func TestNamesThatAreSwappedSettleInTheSameSession(t *testing.T) {
	for what, names := range map[string][]string{
		"a swap": {"Lumen CRM", "Orbit Notes", "Kite"}, "a circle": {"Lumen CRM", "Kite", "Orbit Notes"},
		"a chain": {"Lumen CRM", "Kite", "Sail"}, "a chain the other way": {"Sail", "Orbit Notes", "Lumen CRM"},
	} {
		inBubble(t, what, func(t *testing.T) {
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
				if rec := r.Holdings().SaaS[name]; rec.ID != first.Refs[i].SaaS {
					t.Errorf("%q is record %q, want %s", name, rec.ID, first.Refs[i].SaaS)
				}
			}
			if n := r.countWrites(func() { r.upsertAll(apps) }); n != 0 {
				t.Errorf("the next session wrote %d", n)
			}
			r.CheckContract()
		})
	}
}

func TestANewAppTakesANameThatIsGivenUpOnTheSamePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		first := r.upsertAll(catalogue())
		apps := catalogue()
		apps[2].Name = "Sail"
		apps = append([]saas.App{{ID: "910", Name: "Kite", Stream: "s"}}, apps...)
		r.upsertAll(apps)
		if h := r.Holdings().SaaS; h["Kite"].LinkKey != saas.LinkKey("910") || h["Sail"].ID != first.Refs[2].SaaS || len(h) != 4 {
			t.Errorf("records %+v", h)
		}
		r.CheckContract()
	})
}

func TestALongerNameIsGivenUpOnceThePlainOneIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.upsertAll(catalogue())
		r.addRecord(saas.Record{Name: "Sail", Source: "Okta", LinkKey: "okta:1", CreatedBy: "admin"})
		apps := catalogue()
		apps[2].Name = "Sail"
		r.upsertAll(apps[2:])
		if _, there := r.Holdings().SaaS["Sail (903)"]; !there {
			t.Fatalf("records %+v", r.Holdings().SaaS)
		}
		r.DeleteSaaS("Sail")
		if out := r.upsertAll(apps[2:]); out.Counts.Updated != 1 || r.Holdings().SaaS["Sail"].LinkKey != saas.LinkKey("903") {
			t.Errorf("counts %+v, records %+v", out.Counts, r.Holdings().SaaS)
		}
		r.CheckContract()
	})
}
