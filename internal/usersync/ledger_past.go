package usersync

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"defendersync/internal/saas"
)

// past is what an earlier stream of the session has left of a record: who was
// assigned when its last page was written. A person takes 16 bytes.
type past struct {
	loaded bool       // users are all who are assigned; else the record alone is known
	users  []pastUser // by hash
}

// pastUser is one person's assignment.
type pastUser struct {
	person uint64 // hash of the id
	last   uint32 // last activity, Unix seconds; 0 when none is kept
	shown  uint32 // the latest that a row of this session showed, if that is in the target
}

// personSeed makes the hashes of ids, which never leave the process.
var personSeed = maphash.MakeSeed()

func hashPerson(id string) uint64 { return maphash.String(personSeed, id) }

func comparePast(u pastUser, person uint64) int { return cmp.Compare(u.person, person) }

// findUser finds a person. A nil past has nobody.
func (p *past) findUser(id string) (pastUser, bool) {
	if p == nil || len(p.users) == 0 {
		return pastUser{}, false
	}
	i, ok := slices.BinarySearchFunc(p.users, hashPerson(id), comparePast)
	if !ok {
		return pastUser{}, false
	}
	return p.users[i], true
}

// hasShown reports whether an earlier stream has shown a person with this last
// activity, or a later one.
func (p *past) hasShown(id string, last time.Time) bool {
	u, ok := p.findUser(id)
	return ok && u.shown != 0 && int64(u.shown) >= last.Unix()
}

// isActive reports whether a person counts as active.
func (u pastUser) isActive(now time.Time, threshold time.Duration) bool {
	return u.last != 0 && saas.IsActive(time.Unix(int64(u.last), 0), now, threshold)
}

// makePast is what a ledger leaves to further streams. ok is false where anything
// in it is in doubt: then these read who is assigned. The ledger is not used any
// more.
func (l *ledger) makePast() (p *past, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, false
	}
	for id, sent := range l.floors {
		if sent > l.findEntry(id).last {
			return nil, false
		}
	}
	p = &past{loaded: l.loaded}
	if l.past != nil {
		p.users = l.past.users
	}
	known := len(p.users)
	for id, e := range l.people {
		if e.busy || e.unsure || e.sent > e.last || e.last < 0 || e.last > math.MaxUint32 {
			return nil, false
		}
		if !e.assigned {
			continue
		}
		u := pastUser{person: hashPerson(id), last: uint32(e.last), shown: uint32(min(e.shown, e.last))}
		if i, have := slices.BinarySearchFunc(p.users[:known], u.person, comparePast); have {
			p.users[i] = u
		} else {
			p.users = append(p.users, u)
		}
	}
	slices.SortFunc(p.users, func(a, b pastUser) int { return cmp.Compare(a.person, b.person) })
	p.users = slices.Clip(p.users)
	return p, true
}
