package appsync

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// namesakes are two apps of one name and one of another.
func namesakes() (first, second, other saas.App) {
	return saas.App{ID: "901", Name: "Kite", Users: 3, Stream: "s"}, saas.App{ID: "902", Name: "KITE", Users: 3, Stream: "s"},
		saas.App{ID: "903", Name: "Orbit Notes", Users: 3, Stream: "s"}
}

// eachTenant runs a test where another integration has a record of the name
// and where none has, in tenants that keep link keys and in some that don't.
func eachTenant(t *testing.T, test func(t *testing.T, r *rig, foreign bool)) {
	for _, linkless := range []bool{false, true} {
		for _, foreign := range []bool{true, false} {
			inBubble(t, fmt.Sprintf("no link keys: %v, a record of another integration: %v", linkless, foreign), func(t *testing.T) {
				o := small()
				o.Variants.LinkKeyIgnored = linkless
				r := newRig(t, o)
				if foreign {
					r.addRecord(saas.Record{Name: "Kite", Source: "Okta", LinkKey: "okta:1"})
				}
				test(t, r, foreign && !linkless) // without its key, what our token made is ours
			})
		}
	}
}

// records are the records that apps were given.
func records(pages ...contract.UpsertAppsResult) map[string]string {
	out := map[string]string{}
	for _, p := range pages {
		for _, ref := range p.Refs {
			out[ref.App] = ref.SaaS
		}
	}
	return out
}

// apart expects the first app to have the record of the name, and the second
// one of its own.
func (r *rig) apart(got map[string]string, first, second saas.App) {
	r.t.Helper()
	h := r.Holdings().SaaS
	own, plain := saas.LongName(second), ""
	for name, rec := range h {
		if strings.EqualFold(name, first.Name) {
			plain = rec.ID
		}
	}
	if got[first.ID] == "" || got[first.ID] != plain || got[second.ID] != h[own].ID || got[second.ID] == "" {
		r.t.Errorf("app %s has record %q, app %s %q; of the name is %q, of its own %q", first.ID, got[first.ID], second.ID, got[second.ID], plain, h[own].ID)
	}
}

func TestOneRecordStandsForOneOfTwoAppsOfItsNameOnAPage(t *testing.T) {
	eachTenant(t, func(t *testing.T, r *rig, foreign bool) {
		first, second, other := namesakes()
		out := r.upsertClaiming([]saas.App{other, first, second})
		r.apart(records(out), first, second)
		if (out.Counts.Adopted == 1) != foreign || out.Counts.Rejected > 0 {
			t.Errorf("counts %+v", out.Counts)
		}
	})
}

func TestOneRecordStandsForOneOfTwoAppsOfItsNameOnDifferentPages(t *testing.T) {
	eachTenant(t, func(t *testing.T, r *rig, _ bool) {
		first, second, other := namesakes()
		got := records(r.upsertClaiming([]saas.App{first}), r.upsertClaiming([]saas.App{other, second}))
		r.apart(got, first, second)
		// In another stream, in another order.
		r.apart(records(r.upsertClaiming([]saas.App{second, other, first})), first, second)
	})
}

func TestTheSecondOfTwoAppsOfANameKeepsItsRecordInLaterSessions(t *testing.T) {
	eachTenant(t, func(t *testing.T, r *rig, _ bool) {
		first, second, other := namesakes()
		r.upsertClaiming([]saas.App{first, second, other})
		for _, apps := range [][]saas.App{{second}, {first}, {second, first}, {second, other}} {
			r.claims = nil // the sessions between have forgotten
			got := records(r.upsertClaiming(apps))
			want := records(r.upsertClaiming([]saas.App{first, second, other}))
			for app, rec := range got {
				if rec != want[app] {
					t.Errorf("%v: app %s went to record %s from %s", apps, app, rec, want[app])
				}
			}
			r.apart(want, first, second)
		}
		if n := r.countWrites(func() { r.upsertClaiming([]saas.App{second, first}) }); n > 0 {
			t.Errorf("%d writes", n)
		}
	})
}

func TestTheAppThatHadTheRecordFirstKeepsItWhenItsNamesakeComesLater(t *testing.T) {
	eachTenant(t, func(t *testing.T, r *rig, _ bool) {
		first, second, other := namesakes()
		r.upsertClaiming([]saas.App{first, other})
		carried, err := json.Marshal(contract.Carry{Claims: r.claims.KeepLatest(500)})
		var next contract.Carry
		if err != nil || json.Unmarshal(carried, &next) != nil {
			t.Fatal(err)
		}
		r.claims = next.Claims
		got := records(r.upsertClaiming([]saas.App{second}), r.upsertClaiming([]saas.App{first}))
		r.apart(got, first, second)
	})
}

func TestNamesThatAreCutAlikeOnDifferentPagesAreOfTwoRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := "A very long name of an app that no column of thirty characters can hold"
		blank := "Twenty nine characters name it whatever"
		for _, linkless := range []bool{false, true} {
			o := small()
			o.Variants.Unkind.Records.Names, o.Variants.LinkKeyIgnored = "cut", linkless
			r := newRig(t, o)
			apps := []saas.App{{ID: "901", Name: long}, {ID: "902", Name: long + " either"}, {ID: "903", Name: blank}, {ID: "904", Name: blank + " else"}}
			var first map[string]string
			for range 3 {
				got := records(r.upsertClaiming(apps[:1]), r.upsertClaiming(apps[1:3]), r.upsertClaiming(apps[3:]))
				ids := map[string]bool{}
				for app, rec := range got {
					ids[rec] = true
					if first != nil && first[app] != rec {
						t.Errorf("app %s went from record %s to %s", app, first[app], rec)
					}
				}
				if len(ids) != 4 {
					t.Errorf("no link keys: %v: %d records: %v", linkless, len(ids), got)
				}
				first = got
			}
			r.CheckContract()
		}
	})
}

func TestWhatIsRememberedOfRecordsStaysSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := simulator.Options{Apps: 100, People: 100, Pairs: 300, ExistingApps: 0.3}
		for _, linkless := range []bool{false, true} {
			o.Variants.LinkKeyIgnored = linkless
			r := newRig(t, o)
			apps := r.discovered()
			out := r.upsertClaiming(apps)
			with, _ := json.Marshal(out)
			out.Claims = nil
			without, _ := json.Marshal(out)
			// A history has each page of apps twice, and the records as well.
			in, _ := json.Marshal(contract.UpsertAppsParams{Apps: apps})
			if grown := len(with) - len(without); grown == 0 || grown*100 > 4*2*(len(in)+len(without)) {
				t.Errorf("no link keys: %v: a page of %d apps, %d+%d bytes, grew by %d", linkless, len(apps), len(in), len(without), grown)
			}
			if again := r.claims.ForApps(apps); len(again) > 0 {
				t.Errorf("%d bytes of claims go with a page of their own apps", len(again))
			}
		}
	})
}
