package usersync

import (
	"strings"
	"sync"
)

// directory remembers the Oomnitza ids of people, under the folded key of
// their username. It is bounded: when the younger half is full, the older half
// is forgotten, so that memory does not grow with the tenant.
type directory struct {
	mu    sync.Mutex
	limit int
	young map[string]string
	old   map[string]string
}

func newDirectory(limit int) *directory {
	return &directory{limit: max(limit/2, 1), young: map[string]string{}, old: map[string]string{}}
}

// get finds an id; "" when it is not known.
func (d *directory) get(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.young[key]; ok {
		return id
	}
	id, ok := d.old[key]
	if ok {
		d.keep(key, id)
	}
	return id
}

// put remembers an id.
func (d *directory) put(key, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keep(key, id)
}

// forget drops a key whose id turned out to be stale.
func (d *directory) forget(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name, _, _ := strings.Cut(key, "\x00") // see personKey
	for _, k := range []string{key, name} {
		delete(d.young, k)
		delete(d.old, k)
	}
}

func (d *directory) keep(key, id string) {
	if len(d.young) >= d.limit {
		d.old, d.young = d.young, make(map[string]string, d.limit/4)
	}
	d.young[key] = id
}
