package saas

import "testing"

func TestAnAddressIsAnotherPersons(t *testing.T) {
	alice := func(origin string) Person { return Person{Username: "alice", Origin: origin} }
	for name, tt := range map[string]struct {
		person Person
		email  string
		want   bool
	}{
		"the same address":                      {alice("alice@contoso.com"), "Alice@Contoso.com", false},
		"another company's":                     {alice("alice@contoso.com"), "alice@fabrikam.com", true},
		"another mailbox in the same company":   {alice("alice@contoso.com"), "alice.smith@contoso.com", false},
		"the company's first domain":            {alice("alice@contoso.com"), "alice.smith@contoso.onmicrosoft.com", false},
		"another company's first domain":        {alice("alice@contoso.com"), "alice@fabrikam.onmicrosoft.com", true},
		"the person has no address":             {alice(`contoso\alice`), "alice@fabrikam.com", false},
		"the person has no origin":              {alice(""), "alice@fabrikam.com", false},
		"no address is given":                   {alice("alice@contoso.com"), "", false},
		"a name is given that is no address":    {alice("alice@contoso.com"), "alice", false},
		"a shared username, another mailbox":    {Person{Username: "staff", Origin: "alice@contoso.com"}, "bob@contoso.com", true},
		"a shared username, the same mailbox":   {Person{Username: "staff", Origin: "alice@contoso.com"}, "alice@contoso.com", false},
		"a username spelt in capitals":          {Person{Username: "ALICE", Origin: "alice@contoso.com"}, "alice.smith@contoso.com", false},
		"a domain account by its full domain":   {alice(`contoso.com\alice`), "alice.smith@contoso.com", false},
		"a domain account of another company's": {alice(`contoso.com\alice`), "alice@fabrikam.com", true},
	} {
		if got := AnotherAddress(tt.person, tt.email); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOriginsOfAnyDomainDoNotCollide(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"", "alice", false}, {"alice", "bob", true}, {"alice", `contoso\alice`, false},
		{`contoso\alice`, `fabrikam\alice`, true}, {`contoso\alice`, `contoso\bob`, true},
		{`workgroup\alice`, `contoso\alice`, false}, {`microsoftaccount\alice`, `contoso\alice`, false}, {`azuread\alice`, `fabrikam\alice`, false},
		{`.\alice`, "alice@contoso.com", false}, {`.\alice`, `.\bob`, true},
		{"alice@contoso.com", "alice@eu.contoso.com", true}, {"alice@eu.contoso.com", "alice@contoso.onmicrosoft.com", false},
		{"alice@com", "alice@contoso.onmicrosoft.com", true},
	} {
		if OriginsCollide(tt.a, tt.b) != tt.want || OriginsCollide(tt.b, tt.a) != tt.want {
			t.Errorf("%q and %q: %v", tt.a, tt.b, !tt.want)
		}
	}
}
