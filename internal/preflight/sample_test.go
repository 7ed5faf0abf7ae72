package preflight

import (
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

func TestTheColumnWithTheNamesIsChosenByWhatTheNamesHaveToLookLike(t *testing.T) {
	for form, want := range map[string]string{"beside": "email", "object": "user>upn", "ids": "userPrincipalName", "json": "email", "": "", "display": ""} {
		inBubble(t, "names "+form, func(t *testing.T) {
			o := small()
			o.Variants.Unkind.Rows.Names = form
			if got := newRig(t, o).must(contract.OpenSessionParams{}).Dialect.NameKey; got != want {
				t.Errorf("the names are under %q, want %q", got, want)
			}
		})
	}
}

func TestASampleOfTheUsersIsShownMasked(t *testing.T) {
	namer, err := saas.NewNamer(saas.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	page := func(names ...string) listing.UserPage {
		out := listing.UserPage{Keys: "lastSeen, name"}
		for _, name := range names {
			out.Users = append(out.Users, saas.Usage{User: name})
		}
		return out
	}
	for want, names := range map[string][]string{
		"of 3 users of an app 3 can be matched or are left out on purpose; one reads a…e@c…o.com; keys of a row: lastSeen, name": {"alice@contoso.com", "svc_x", "alice@contoso.com"},
		"of 4 users of an app 1 can be matched or are left out on purpose; one reads A…e E…e; keys of a row: lastSeen, name":     {"alice@contoso.com", "PC-1$", "PC-2$", "Alice Example"},
		"no user to look at": nil,
	} {
		sample := sampleUsers(namer, page(names...))
		if sample.String() != want || sample.IsMostlyDoubtful() != (len(names) == 4) {
			t.Errorf("%q (mostly %v), want %q", sample, sample.IsMostlyDoubtful(), want)
		}
	}
}
