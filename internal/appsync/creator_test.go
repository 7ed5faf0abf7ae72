package appsync

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestATokenOfSomebodyElseIsFoundOutAtTheFirstRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.policy.IntegrationUser = "somebody.else@contoso.com"
		_, err := r.upsert(contract.UpsertAppsParams{Apps: catalogue(), CheckCreator: true})
		if httpx.KindOf(err) != httpx.KindConfig || !strings.Contains(err.Error(), "INTEGRATION_USER") || !strings.Contains(err.Error(), r.Options().TokenUser) {
			t.Errorf("it ended with %v", err)
		}
		r.policy.IntegrationUser = strings.ToUpper(r.Options().TokenUser)
		r.upsertAll(catalogue())
		apps := append(catalogue(), saas.App{ID: "905", Name: "Fresh"})
		if out := r.must(contract.UpsertAppsParams{Apps: apps, CheckCreator: true}); !out.CreatorChecked {
			t.Error("a new record was not checked")
		}
	})
}

func TestWhomCreatedByNamesIsResolvedBeforeItIsJudged(t *testing.T) {
	for form, note := range map[string]string{
		"": "", "literal": "", "id": "", "number": "", "name": "", "object": "", "capitals": "", "around": "",
		"empty": NoteNoCreator, "opaque": fmt.Sprintf(NoteCreatorUnclear, "API integration #4"),
	} {
		inBubble(t, "shown as "+form, func(t *testing.T) {
			r := recordsRig(t, simulator.RecordSwitches{CreatedBy: form})
			out := r.upsertNext(catalogue(), saas.Untaken{})
			if out.Counts.Created != 3 || !out.CreatorChecked || strings.Join(out.Notes, "\n") != note {
				t.Errorf("counts %+v, looked at: %v, notes %q", out.Counts, out.CreatorChecked, out.Notes)
			}
			if by := r.Holdings().SaaS["Kite"].CreatedBy; by != r.Options().TokenUser {
				t.Errorf("the record is created by %q", by)
			}
			apps := catalogue()
			apps[0].Website = "orbit.example.com"
			again := r.upsertNext(apps, out.Untaken)
			if again.Counts.Rejected != 0 {
				t.Errorf("the second session: %+v", again.Rejects)
			}
			if n := r.countWrites(func() { again = r.upsertNext(apps, again.Untaken) }); n != 0 || again.Counts.Unchanged != 3 {
				t.Errorf("the third session wrote %d records: %+v", n, again.Counts)
			}
			r.CheckContract()
		})
	}
}

func TestARecordWithoutLinkKeyIsOursWhateverItsCreatorIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, form := range []string{"", "empty", "id", "number", "name", "object", "capitals", "around", "opaque"} {
			o := small()
			o.Variants.Unkind.Records.CreatedBy, o.Variants.LinkKeyIgnored = form, true
			r := newRig(t, o)
			r.upsertNext(catalogue(), saas.Untaken{})
			again := r.upsertNext(catalogue(), saas.Untaken{})
			if again.Counts.Adopted != 0 || again.Counts.Created != 0 || len(r.Holdings().SaaS) != 3 {
				t.Errorf("%q: %+v, %d records", form, again.Counts, len(r.Holdings().SaaS))
			}
			for _, ref := range again.Refs {
				if !ref.Ours {
					t.Errorf("%q: %+v is not ours", form, ref)
				}
			}
		}
	})
}

func TestAnotherPersonsTokenIsFoundOutInEveryForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, form := range []string{"", "id", "number", "name", "object", "capitals", "around"} {
			r := recordsRig(t, simulator.RecordSwitches{CreatedBy: form})
			r.policy.IntegrationUser = "resident0@contoso.com"
			_, err := r.upsert(contract.UpsertAppsParams{Apps: catalogue(), CheckCreator: true})
			if httpx.KindOf(err) != httpx.KindConfig || !strings.Contains(err.Error(), "the token acts for") {
				t.Errorf("%q: %v", form, err)
			}
		}
	})
}
