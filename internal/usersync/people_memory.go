package usersync

import (
	"slices"
	"sync"

	"golang.org/x/sync/singleflight"
)

const (
	// maxRemembered bounds the refusals that a session remembers.
	maxRemembered = 10_000
	// maxFutile is how often waiting may come to nothing before it is given up
	// for the session.
	maxFutile = 3
)

// peopleMemory is what one session has learnt about the target's people. It is
// good for that session alone: between two of them, people are deleted and
// created anew. It is safe for concurrent use.
type peopleMemory struct {
	*cache // ids by personKey
	recentWrites
	births
	claims    *nameClaims        // whose a username is
	creating  singleflight.Group // people being created, by folded username
	everybody everybody

	mu         sync.Mutex
	refused    map[string]error  // people whom the target refuses, by personKey
	roleless   map[string]bool   // people refused with words about the role
	roleIsGood bool              // somebody was created
	uncounted  int               // people who were created and not yet counted
	trusted    map[rune]bool     // odd characters that the target stores as they are sent; 0: long names
	entries    map[string]string // usernames under which people were created or found in another form, by id
	namesAsked bool              // the target requires first and last names
	futile     int               // waits for a look-up to catch up that came to nothing
	stuck      int               // people whose creation kept failing
}

func newPeopleMemory(limit int) *peopleMemory {
	return &peopleMemory{
		cache: newCache(limit), claims: newNameClaims(limit),
		refused: map[string]error{}, roleless: map[string]bool{}, trusted: map[rune]bool{}, entries: map[string]string{},
	}
}

// memories hands out the memory of a session. One is kept: a session that comes
// back after another one starts afresh.
type memories struct {
	mu      sync.Mutex
	session string
	memory  *peopleMemory
}

// openMemory returns the memory of a session.
func (m *memories) openMemory(session string, limit int) *peopleMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.memory == nil || m.session != session {
		m.session, m.memory = session, newPeopleMemory(limit)
	}
	return m.memory
}

// refusePerson remembers why a person can't be had, so that no other list asks again.
func (m *peopleMemory) refusePerson(key string, why error) {
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

// noteCreated notes that the target took somebody as new.
func (m *peopleMemory) noteCreated(key, id string) {
	m.putText(key, id)
	m.noteBirth(key, id)
	m.noteEntry(id, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roleIsGood = true
	m.uncounted++
	clear(m.roleless)
}

// takeCreated returns how many people were created since it was last asked: a
// page that fails after it created some counts them all the same.
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
	if m.roleIsGood {
		return false
	}
	m.roleless[key] = true
	return len(m.roleless) > 1
}

// askNames notes that the target requires first and last names.
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

// noteWaitedInVain notes that look-ups did not catch up however long one waited.
func (m *peopleMemory) noteWaitedInVain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.futile++
}

// isWorthWaiting reports whether look-ups may still catch up.
func (m *peopleMemory) isWorthWaiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.futile < maxFutile
}

// noteStuck notes somebody whose creation kept failing.
func (m *peopleMemory) noteStuck() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stuck++
}

// maxTries is how often a creation that fails is tried: less often once some
// have turned out to fail for good.
func (m *peopleMemory) maxTries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stuck >= maxFutile {
		return fewAttempts
	}
	return createAttempts
}

// trustName notes that the target stored a name as it was sent.
func (m *peopleMemory) trustName(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range listOdd(name) {
		m.trusted[r] = true
	}
}

// doubtsName reports whether the target may store a name otherwise than it is
// sent.
func (m *peopleMemory) doubtsName(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(listOdd(name), func(r rune) bool { return !m.trusted[r] })
}

// noteEntry notes under which username somebody's entry was created or found,
// and reports whether it is not another's already: a target that cuts names may
// store two of them as one.
func (m *peopleMemory) noteEntry(id, key string) bool {
	name := usernameOf(key)
	m.mu.Lock()
	defer m.mu.Unlock()
	if have, known := m.entries[id]; known || len(m.entries) >= maxRemembered {
		return !known || have == name
	}
	m.entries[id] = name
	return true
}
