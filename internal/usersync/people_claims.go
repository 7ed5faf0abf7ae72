package usersync

import (
	"errors"
	"maps"
	"slices"
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

// claims remember whose a username is: who came first has it. What Oomnitza
// holds goes first; claims are for what Oomnitza doesn't tell: people
// who aren't there yet, and domains.
type claims struct {
	mu    sync.Mutex
	known *directory // folded username → an address and a DOMAIN\name, by a line break
}

func newClaims(limit int) *claims { return &claims{known: newDirectory(limit)} }

// take gives a username to an origin, or says who has it.
func (c *claims) take(p saas.Person) (holder string, free bool) {
	if p.Origin == "" {
		return "", true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := saas.Fold(p.Username)
	address, account, _ := strings.Cut(c.known.get(key), "\n")
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
	c.known.put(key, address+"\n"+account)
	return "", true
}

// claim gives the usernames to those whom Oomnitza knows by them and to those
// who are to be created. Who comes too late is left out.
func (r *resolver) claim(missing map[string]saas.Person, found map[string]match, out map[string]resolved) {
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		m := found[key]
		if m.err == nil && (m.id == "" || m.named) {
			if holder, free := r.known.claims.take(missing[key]); !free {
				m = match{err: &twoPeople{saas.MaskName(holder)}}
			}
		}
		if m.id == "" && m.err == nil {
			continue
		}
		if out[key] = (resolved{id: m.id, err: m.err}); m.id != "" {
			r.known.put(key, m.id)
		}
		delete(missing, key)
	}
}
