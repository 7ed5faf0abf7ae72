package activities

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

func TestTheColumnThatTheProbeChoseIsKeptByTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for form, want := range map[string]string{"beside": "email", "object": "user>upn", "ids": "userPrincipalName", "json": "email", "": "", "display": ""} {
			o := small()
			o.Variants.Unkind.Rows.Names = form
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			if p.Dialect.NameKey != want {
				t.Errorf("%s: the names are under %q, want %q", form, p.Dialect.NameKey, want)
			}
		}
	})
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
		if sample.String() != want || sample.Mostly() != (len(names) == 4) {
			t.Errorf("%q (mostly %v), want %q", sample, sample.Mostly(), want)
		}
	}
}
