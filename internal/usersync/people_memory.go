package usersync

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"
)

// maxRemembered bounds the refusals that a session remembers.
const maxRemembered = 10_000

// peopleMemory is what one session has learnt of Oomnitza's people. It is good
// for that session alone: between two of them, people are deleted and made
// anew.
type peopleMemory struct {
	*directory
	recentWrites
	births
	claims    *claims            // whose a username is
	creating  singleflight.Group // people being created, by folded username
	everybody everybody

	mu         sync.Mutex
	refused    map[string]error  // people whom the tenant refuses, by folded username
	roleless   map[string]bool   // people refused with words about the role
	made       bool              // somebody was created, so the role is good
	uncounted  int               // people who were created and not yet counted
	kept       map[rune]bool     // odd characters that the tenant stores as they are sent; 0: long names
	entries    map[string]string // usernames under which people were created or found in another form, by id
	namesAsked bool              // the tenant requires first and last names
	futile     int               // waits for a look-up to catch up that came to nothing
	stuck      int               // people whose creation kept failing
}

func newPeopleMemory(kept int) *peopleMemory {
	return &peopleMemory{directory: newDirectory(kept), claims: newClaims(kept), refused: map[string]error{}, roleless: map[string]bool{}, kept: map[rune]bool{}, entries: map[string]string{}}
}

// memories hands out the memory of a session. One is kept: a session that comes
// back after another one starts afresh.
type memories struct {
	mu      sync.Mutex
	session string
	memory  *peopleMemory
}

// of is the memory of a session.
func (m *memories) of(session string, kept int) *peopleMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.memory == nil || m.session != session {
		m.session, m.memory = session, newPeopleMemory(kept)
	}
	return m.memory
}

// refuse remembers why a person can't be had, so that no other app asks again.
func (m *peopleMemory) refuse(key string, why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.refused) < maxRemembered {
		m.refused[key] = why
	}
}

// whyNot is why a person can't be had; nil when that is not known.
func (m *peopleMemory) whyNot(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused[key]
}

// created notes that Oomnitza took somebody as new.
func (m *peopleMemory) created(key, id string) {
	m.put(key, id)
	m.born(key, id)
	m.holds(id, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = true
	m.uncounted++
	clear(m.roleless)
}

// takeCreated is how many people were created since it was last asked: a page
// that fails after it created some counts them all the same.
func (m *peopleMemory) takeCreated() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.uncounted
	m.uncounted = 0
	return n
}

// blamesRole notes a person who was refused with words about the role, and
// reports whether it is the role: another person was refused likewise, and
// nobody was taken.
func (m *peopleMemory) blamesRole(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made {
		return false
	}
	m.roleless[key] = true
	return len(m.roleless) > 1
}

// askNames notes that the tenant requires first and last names.
func (m *peopleMemory) askNames() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.namesAsked = true
}

// needsNames reports whether it does.
func (m *peopleMemory) needsNames() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.namesAsked
}

// maxFutile is how often waiting may come to nothing before it is given up for
// the session.
const maxFutile = 3

// waitedInVain notes that look-ups did not catch up however long one waited.
func (m *peopleMemory) waitedInVain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.futile++
}

// worthWaiting reports whether look-ups may still catch up.
func (m *peopleMemory) worthWaiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.futile < maxFutile
}

// gotStuck notes somebody whose creation kept failing.
func (m *peopleMemory) gotStuck() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stuck++
}

// tries is how often a creation that fails is tried: less often once some have
// turned out to fail for good.
func (m *peopleMemory) tries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stuck >= maxFutile {
		return fewAttempts
	}
	return createAttempts
}

// keeps notes that the tenant stored a name as it was sent.
func (m *peopleMemory) keeps(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range oddIn(name) {
		m.kept[r] = true
	}
}

// doubts reports whether the tenant may store a name otherwise than it is sent.
func (m *peopleMemory) doubts(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(oddIn(name), func(r rune) bool { return !m.kept[r] })
}

// holds notes under which username somebody's entry was made or found, and
// reports whether it is not another's already: a tenant that cuts names may
// store two of them as one.
func (m *peopleMemory) holds(id, key string) bool {
	name, _, _ := strings.Cut(key, "\x00") // see personKey
	m.mu.Lock()
	defer m.mu.Unlock()
	if have, known := m.entries[id]; known || len(m.entries) >= maxRemembered {
		return !known || have == name
	}
	m.entries[id] = name
	return true
}
