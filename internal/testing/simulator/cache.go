package simulator

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"sync"
)

// maxCachedRows bounds the rows kept of lists of users, at 16 bytes each.
const maxCachedRows = 1 << 20

// pageRows is the most rows that Defender gives for a page. [DOC]
const pageRows = 100

// listKey names one app's list of users.
type listKey struct {
	stream, app int
	since       int64
}

// tableKey names the list of a stream's apps in a timeframe.
type tableKey struct {
	stream int
	since  int64
}

// table holds every app's numbers in one stream and timeframe, and the orders
// in which the apps were asked for.
type table struct {
	stats  []appStat
	orders map[string][]int32
}

// cache keeps what was computed for a list while its pages are read.
type cache struct {
	mu     sync.Mutex
	lists  map[listKey]*list.Element
	recent *list.List // of cached, the latest used first
	rows   int

	tableMu sync.Mutex
	tables  map[tableKey]*table
}

type cached struct {
	key  listKey
	rows []seen
}

func (c *cache) resetCache() {
	c.mu.Lock()
	c.lists, c.recent, c.rows = map[listKey]*list.Element{}, list.New(), 0
	c.mu.Unlock()
	c.tableMu.Lock()
	c.tables = map[tableKey]*table{}
	c.tableMu.Unlock()
}

func (c *cache) getList(key listKey) ([]seen, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.lists[key]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(cached).rows, true
}

func (c *cache) putList(key listKey, rows []seen) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.lists[key]; ok {
		return
	}
	c.lists[key] = c.recent.PushFront(cached{key, rows})
	c.rows += len(rows)
	for c.rows > maxCachedRows && c.recent.Len() > 1 {
		c.removeList(c.recent.Back())
	}
}

func (c *cache) removeList(e *list.Element) {
	old := c.recent.Remove(e).(cached)
	delete(c.lists, old.key)
	c.rows -= len(old.rows)
}

// dropApp forgets an app's lists.
func (c *cache) dropApp(app int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.lists {
		if key.app == app {
			c.removeList(e)
		}
	}
}

// listUsers gives an app's list; the caller holds the world's lock for reading and
// must not change the rows. Lists of a single page are not kept.
func (w *world) listUsers(buf []seen, stream, ai int, since int64) []seen {
	key := listKey{stream, ai, since}
	large := w.apps[ai].countPairs() > pageRows
	if large {
		if rows, ok := w.cache.getList(key); ok {
			return rows
		}
		buf = make([]seen, 0, w.apps[ai].countPairs())
	}
	buf = w.usersOf(buf, stream, ai, since)
	if large {
		w.cache.putList(key, buf)
	}
	return buf
}

// appOrder gives the apps of a stream that were seen since the cutoff in one
// order, with their numbers; the caller holds the world's lock for reading.
func (w *world) appOrder(stream int, since int64, sort string) ([]int32, []appStat) {
	w.cache.tableMu.Lock()
	defer w.cache.tableMu.Unlock()
	key := tableKey{stream, since}
	t := w.cache.tables[key]
	if t == nil {
		t = &table{stats: make([]appStat, len(w.apps)), orders: map[string][]int32{}}
		for i := range w.apps {
			t.stats[i] = w.statOf(stream, i, since)
		}
		w.cache.tables[key] = t
	}
	order, ok := t.orders[sort]
	if !ok {
		order = w.sortApps(t.stats, sort)
		t.orders[sort] = order
	}
	return order, t.stats
}

// sortApps orders the apps that were seen by a field and a direction, as
// "name asc" or "lastSeen desc". Those alike stand by name.
func (w *world) sortApps(stats []appStat, sort string) []int32 {
	order := make([]int32, 0, len(stats))
	for _, i := range w.byName {
		if stats[i].last != 0 {
			order = append(order, i)
		}
	}
	field, direction, _ := strings.Cut(sort, " ")
	switch field {
	case "lastSeen":
		slices.SortStableFunc(order, func(x, y int32) int { return cmp.Compare(stats[x].last, stats[y].last) })
	case "users":
		slices.SortStableFunc(order, func(x, y int32) int { return cmp.Compare(stats[x].users, stats[y].users) })
	}
	if direction == "desc" {
		slices.Reverse(order)
	}
	return order
}

// updateTables brings the tables up to date after one app changed; the caller holds
// the world's lock for writing.
func (w *world) updateTables(ai int) {
	w.cache.dropApp(ai)
	w.cache.tableMu.Lock()
	defer w.cache.tableMu.Unlock()
	for key, t := range w.cache.tables {
		for len(t.stats) < len(w.apps) {
			t.stats = append(t.stats, appStat{})
		}
		t.stats[ai] = w.statOf(key.stream, ai, key.since)
		t.orders = map[string][]int32{}
	}
}
