package usersync

import (
	"errors"
	"strings"
	"sync"

	"defendersync/internal/saas"
)

// RejectTwoPeople is why somebody is left out whose username is another's.
const RejectTwoPeople = "username of two people"

// twoPeople says that the username format makes one username of two people.
type twoPeople struct{ holder string } // whose it is, masked

func (e *twoPeople) Error() string {
	return "INTEGRATION_USERNAME_FORMAT gives the same username to somebody else, " + e.holder + ": use a format that keeps them apart, such as email"
}

// refusalReason is under what reason somebody could not be had.
func refusalReason(err error) string {
	var two *twoPeople
	if errors.As(err, &two) {
		return RejectTwoPeople
	}
	return "person refused by Oomnitza"
}

// personKey tells people apart within a session: two of one username have two
// keys.
func personKey(p saas.Person) string {
	if p.Origin == "" {
		return saas.Fold(p.Username)
	}
	return saas.Fold(p.Username) + "\x00" + p.Origin
}

// usernameOf is the folded username in a key.
func usernameOf(key string) string {
	name, _, _ := strings.Cut(key, "\x00")
	return name
}

// nameClaims remembers whose a username is: who came first has it. Whom the
// target holds goes first; claims are for what the target doesn't show: people
// who aren't there yet, and domains.
type nameClaims struct {
	mu    sync.Mutex
	known *cache // folded username → an address and a DOMAIN\name, by a line break
}

func newNameClaims(limit int) *nameClaims { return &nameClaims{known: newCache(limit)} }

// takeName gives a username to an origin, or says who has it.
func (c *nameClaims) takeName(p saas.Person) (holder string, free bool) {
	if p.Origin == "" {
		return "", true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := saas.Fold(p.Username)
	address, account, _ := strings.Cut(c.known.getText(key), "\n")
	for _, have := range []string{address, account} {
		if saas.OriginsCollide(have, p.Origin) {
			return have, false
		}
	}
	if strings.Contains(p.Origin, "@") {
		address = p.Origin
	} else if account == "" || strings.Contains(p.Origin, `\`) {
		account = p.Origin
	}
	c.known.putText(key, address+"\n"+account)
	return "", true
}

// claimNames gives the usernames to those whom the target knows by them and to
// those who are to be created, whom it returns. Who comes too late is left out.
func (r *resolver) claimNames(missing []*visit, found []match) (create []*visit) {
	for i, v := range missing {
		m := found[i]
		if m.err == nil && (m.id == "" || m.named) {
			if holder, free := r.known.claims.takeName(*v.person); !free {
				m = match{err: &twoPeople{saas.MaskName(holder)}}
			}
		}
		if m.isOpen() {
			create = append(create, v)
			continue
		}
		if v.id, v.refusal = m.id, m.err; m.id != "" {
			r.known.putText(v.key, m.id)
		}
	}
	return create
}
