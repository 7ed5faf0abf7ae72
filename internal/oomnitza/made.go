package oomnitza

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

const (
	// madeFor is how long a record is taken to be as it was read after it was
	// made: somebody may change it in Oomnitza.
	madeFor = 10 * time.Minute
	// maxMade bounds the records that are remembered; a page has 100.
	maxMade = 500
)

// madeRecords remembers the records that this client has made of late and not
// changed since. A change has to repeat what a record holds, and the answer to a
// create tells the id alone [DOC OpenAPI], so whoever changes one has to read it:
// all of them are read at once. Its zero value is empty.
type madeRecords struct {
	reading turn.Lock // held by whoever reads
	mu      sync.Mutex
	made    map[string]madeRecord // by id
}

type madeRecord struct {
	linkKey string
	at      time.Time // when it was made or, if it was, read
	tried   bool      // it was looked for
	read    saas.Record
}

// noteMade remembers a record that was made.
func (m *madeRecords) noteMade(id, linkKey string) {
	if linkKey == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.made) >= maxMade {
		maps.DeleteFunc(m.made, func(_ string, x madeRecord) bool { return time.Since(x.at) > madeFor })
	}
	if m.made == nil {
		m.made = map[string]madeRecord{}
	}
	if len(m.made) < maxMade {
		m.made[id] = madeRecord{linkKey: linkKey, at: time.Now()}
	}
}

// forgetRecord forgets a record that is about to be changed.
func (m *madeRecords) forgetRecord(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.made, id)
}

// findMade returns what is known of a record that was made of late.
func (m *madeRecords) findMade(id string) (x madeRecord, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x, ok = m.made[id]
	return x, ok && time.Since(x.at) <= madeFor
}

// beginReading returns the link keys of the records that were not looked for yet.
func (m *madeRecords) beginReading() (linkKeys []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, x := range m.made {
		if !x.tried {
			x.tried = true
			m.made[id] = x
			linkKeys = append(linkKeys, x.linkKey)
		}
	}
	slices.Sort(linkKeys) // so that the same records are asked for in the same words
	return linkKeys
}

// noteRead takes in records that were found.
func (m *madeRecords) noteRead(records []saas.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rec := range records {
		if x, ok := m.made[rec.ID]; ok {
			x.read, x.at = rec, time.Now()
			m.made[rec.ID] = x
		}
	}
}

// ReadMade returns a record that this client has made some minutes ago at the
// most, and not changed since. It reads all such records in a few requests when
// it is asked for the first of them. Any other is not found, nor is one that a list
// does not show by its link key, or all where that fails: GetSaaS reads them.
func (c *Client) ReadMade(ctx context.Context, id string) (rec saas.Record, found bool) {
	if _, ok := c.made.findMade(id); !ok {
		return rec, false
	}
	c.made.reading.Lock()
	defer c.made.reading.Unlock()
	x, ok := c.made.findMade(id)
	if ok && !x.tried {
		records, err := c.FindSaaS(ctx, c.made.beginReading(), nil)
		if err != nil {
			return rec, false
		}
		c.made.noteRead(records)
		x, ok = c.made.findMade(id)
	}
	return x.read, ok && x.read.ID != ""
}
