package usersync

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
)

const (
	// maxPast bounds what is remembered of records, in bytes. What came first is
	// kept: streams show their apps in one order, so the oldest are needed first.
	maxPast = 12 << 20
	// recordBytes is what a record takes besides its people, about.
	recordBytes = 200
)

// ledgerMemory remembers, on one worker and for one session, who is assigned to
// the records of the streams that are done, so that further streams need not
// read it again. It is good only as long as nobody else has written to the
// session's records since: each run gets a token that its successor has to
// bring back. One that brings another, because a run in between was on another
// worker or its end is not known, finds nothing. It is safe for concurrent use.
type ledgerMemory struct {
	mu      sync.Mutex
	name    string // of this memory, unlike that of any other worker
	session string
	run     int // counts runs; what an older one brings comes too late
	records map[string]*past
	bytes   int
}

// beginRun begins a run of a session, whose predecessor got a token. It returns
// the number by which the run is known.
func (m *ledgerMemory) beginRun(session, token string, resumed bool) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.name == "" {
		m.name = strconv.FormatUint(rand.Uint64(), 36)
	}
	if resumed || !m.continues(session, token) {
		m.session, m.records, m.bytes = session, map[string]*past{}, 0
	}
	m.run++
	return m.run
}

// continues reports whether a token is that of the latest run, and of the session.
func (m *ledgerMemory) continues(session, token string) bool {
	return m.name != "" && m.session == session && token == m.formatToken(m.run)
}

// isLatest reports whether a token is of the latest run that this worker began for a
// session, so that no other worker has had one since.
func (m *ledgerMemory) isLatest(session, token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.continues(session, token)
}

// formatToken is the token of a run.
func (m *ledgerMemory) formatToken(run int) string { return fmt.Sprintf("%s-%d", m.name, run) }

// tokenOf is what the next run has to bring to find what this one leaves.
func (m *ledgerMemory) tokenOf(run int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.formatToken(run)
}

// takePast takes out what is remembered of a record; nil: nothing.
func (m *ledgerMemory) takePast(run int, record string) *past {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.records[record]
	if run != m.run || p == nil {
		return nil
	}
	delete(m.records, record)
	m.bytes -= p.countBytes()
	return p
}

// keepPast remembers a record, if there is room.
func (m *ledgerMemory) keepPast(run int, record string, p *past) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run != m.run || m.bytes+p.countBytes() > maxPast {
		return
	}
	m.records[record] = p
	m.bytes += p.countBytes()
}

// countBytes is the memory that a record takes, about.
func (p *past) countBytes() int { return recordBytes + 16*cap(p.users) }
