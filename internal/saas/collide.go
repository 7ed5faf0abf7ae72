package saas

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// originOf is what sets a person apart from others whom the username format
// gives the same username; "" where the format makes one username of one name.
func (n *Namer) originOf(id Identity) string {
	switch n.format {
	case FormatEmail, FormatDomainBackslash, FormatAsIs:
		return ""
	}
	switch id.Kind {
	case KindEmail:
		return Fold(id.Email)
	case KindDomainUser:
		return Fold(id.Domain + `\` + id.Account)
	case KindBare:
		return Fold(id.Account)
	}
	return Fold(id.Raw)
}

// OriginsCollide reports whether two origins under one username are two people. They
// are where what stands before the @ or after the \ differs, or where both
// name a domain of one kind and it isn't the same; alice@contoso.com and
// CONTOSO\alice may well be one. An empty origin is anybody's. A company's
// first domain in Microsoft's cloud, contoso.onmicrosoft.com, is the company's.
func OriginsCollide(a, b string) bool {
	if a == "" || b == "" || a == b {
		return false
	}
	one, other := splitOrigin(a), splitOrigin(b)
	switch {
	case one.account != other.account:
		return true
	case one.host != "" && other.host != "":
		return one.host != other.host && !sameCompany(one.host, other.host)
	case one.domain != "" && other.domain != "":
		return one.domain != other.domain
	}
	return false
}

// AnotherAddress reports whether whoever has a person's username and the given
// address is somebody else. Addresses of one company under one username are one
// person's, as long as the username tells who of the company it is: the account
// alice may have the mailbox alice.smith.
func AnotherAddress(p Person, email string) bool {
	mine, theirs := splitOrigin(p.Origin), splitOrigin(Fold(email))
	if mine.host == "" || theirs.host == "" {
		return false
	}
	if !strings.Contains(Fold(p.Username), mine.account) {
		return OriginsCollide(p.Origin, Fold(email))
	}
	return mine.host != theirs.host && !sameCompany(mine.host, theirs.host)
}

// origin is one taken apart.
type origin struct{ account, host, domain string }

func splitOrigin(s string) origin {
	if local, host, ok := cutLast(s, "@"); ok {
		return origin{account: local, host: host}
	}
	if domain, account, ok := strings.Cut(s, `\`); ok {
		switch {
		case strings.Contains(domain, ".") && domain != ".":
			return origin{account: account, host: domain} // contoso.com\alice
		case domain == "." || domain == "azuread" || domain == "microsoftaccount" || domain == "workgroup":
			return origin{account: account} // of any domain
		}
		return origin{account: account, domain: domain}
	}
	return origin{account: s}
}

// sameCompany knows contoso.onmicrosoft.com beside contoso.com.
func sameCompany(a, b string) bool {
	const cloud = ".onmicrosoft.com"
	if strings.HasSuffix(b, cloud) {
		a, b = b, a
	}
	tenant, ok := strings.CutSuffix(a, cloud)
	if !ok {
		return false
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(b)
	label, _, _ := strings.Cut(domain, ".")
	return err == nil && label == strings.TrimSuffix(tenant, ".mail")
}
