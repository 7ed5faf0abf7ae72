package usersync

import (
	"maps"
	"sync"
	"time"
)

const (
	// infancy is how long look-ups may not show somebody who was made.
	infancy = 30 * time.Second
	// maxInfants is how many are remembered before the older ones are looked
	// for, and dropped.
	maxInfants = 2000
)

// births remembers whom a session has made of late. When an assignment is
// refused its person is looked up anew, and a look-up that lags behind does not
// show who was made a moment ago: they are not to be made twice for that. Its
// zero value is empty.
type births struct {
	mu    sync.Mutex
	made  map[string]birth // by folded username
	sweep int              // how many there are when the older ones are looked for again
}

type birth struct {
	id string
	at time.Time
}

// noteBirth notes that somebody was created.
func (b *births) noteBirth(key, id string) {
	name := usernameOf(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.made) >= max(b.sweep, maxInfants) {
		maps.DeleteFunc(b.made, func(_ string, x birth) bool { return time.Since(x.at) > infancy })
		b.sweep = 2 * len(b.made) // a look at each for every birth would take longer than the births
	}
	if b.made == nil {
		b.made = map[string]birth{}
	}
	b.made[name] = birth{id, time.Now()}
}

// findNewborn is the id of somebody whom look-ups need not show yet; "" where they
// should.
func (b *births) findNewborn(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if x := b.made[name]; time.Since(x.at) <= infancy {
		return x.id
	}
	return ""
}
