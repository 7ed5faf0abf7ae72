package simulator

import "time"

// appStat is what an app's row says of its use in one stream and timeframe.
// Traffic is the sum of its users' rows.
type appStat struct {
	last      int64 // 0: not seen in the timeframe
	users     int32
	addresses int32 // that its users came from
	machines  int32
	traffic
}

// traffic is what visits add up to.
type traffic struct {
	events   int64 // transactions: a log line each
	up, down int64 // bytes
}

// The traffic of a visit and where it comes from follow from its time, so that
// all streams that saw a visit count it alike.
const (
	maxVisitBytes = 9_000_000
	roaming       = 4 // one of so many visits comes from an address of its own
	guestMachine  = 9 // and one of so many from a machine of its own
)

// drawVisit gives what a visit of a pair at a time moves, and the dice for
// whence it came.
func (w *world) drawVisit(pair uint64, at int64) (traffic, uint64) {
	h := w.seed.drawBits(diceTraffic, pair, uint64(at))
	down := int64(h % maxVisitBytes)
	return traffic{events: 1 + down/7000, up: 1 + down/40, down: down}, h >> 32
}

func (t *traffic) addTraffic(v traffic) {
	t.events, t.up, t.down = t.events+v.events, t.up+v.up, t.down+v.down
}

// addPair counts a pair's visits since the cutoff that a stream knows of after so
// many days.
func (s *appStat) addPair(w *world, stream, ai int, mask uint8, k int32, since int64, days int) {
	pair := uint64(ai)<<32 | uint64(uint32(k))
	used := false
	w.eachVisit(stream, ai, mask, k, days, func(at int64) {
		if at < since {
			return
		}
		if !used {
			used = true
			s.users, s.addresses, s.machines = s.users+1, s.addresses+1, s.machines+1
		}
		v, h := w.drawVisit(pair, at)
		s.addTraffic(v)
		if h%roaming == 0 {
			s.addresses++
		}
		if h%guestMachine == 0 {
			s.machines++
		}
		s.last = max(s.last, w.roundTime(at))
	})
}

// statOf counts what an app's row shows of its use since the cutoff.
func (w *world) statOf(stream, ai int, since int64) appStat {
	if w.appMask(ai)&(1<<stream) == 0 {
		return appStat{}
	}
	if w.rowStandsStill(ai) {
		if s := w.countUse(stream, ai, since, w.apps[ai].users, w.apps[ai].born); s.last != 0 {
			return s
		}
	}
	return w.countUse(stream, ai, since, w.apps[ai].countPairs(), len(w.days))
}

// countUse counts the use of an app since the cutoff, as of its first pairs and
// after so many days. Apps that nobody was named for are seen too: many log
// sources have no user names. [DOC]
func (w *world) countUse(stream, ai int, since int64, pairs int32, days int) (s appStat) {
	mask := w.appMask(ai)
	for k := range pairs {
		s.addPair(w, stream, ai, mask, k, since, days)
	}
	if w.apps[ai].countPairs() == 0 {
		at := w.roundTime(w.start - int64(scaleToUnit(w.seed.drawBits(diceAppEmpty, uint64(ai), 1))*80*float64(msDay)))
		if at >= since {
			s.last, s.addresses, s.machines = at, 3, 2
			s.traffic, _ = w.drawVisit(uint64(ai)<<32, at)
		}
	}
	return s
}

// userTraffic is what the row of an app's k-th user shows since the cutoff.
func (w *world) userTraffic(stream, ai int, k int32, since int64) traffic {
	var s appStat
	s.addPair(w, stream, ai, w.appMask(ai), k, since, len(w.days))
	return s.traffic
}

// rowStandsStill tells whether an app's row shows for ever what it showed at first.
func (w *world) rowStandsStill(ai int) bool {
	share := w.variants.Unkind.Rows.Still
	return share > 0 && fallsWithin(w.seed.drawBits(diceStill, uint64(ai), 0), share)
}

// RowsStandStill tells whether the rows of an app, named by its id, tell of nothing
// new by the switch RowSwitches.Still.
func (s *Simulator) RowsStandStill(app string) bool {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	ai, ok := s.world.appIndex(app)
	return ok && s.world.rowStandsStill(ai)
}

// RowKey names an app's row in one stream, both by id.
type RowKey struct{ Stream, App string }

// RowCounters are what an app's row shows of its use within a timeframe. Rows
// with equal counters tell of nothing new.
type RowCounters struct {
	LastActivity               time.Time
	Users, Addresses, Machines int
	Events                     int64
	Uploaded, Downloaded       int64 // bytes
}

// Counters gives what the rows of apps show now within a timeframe of 7, 30 or
// 90 days, whether or not the variants let rows show all of it.
func (s *Simulator) Counters(days int) map[RowKey]RowCounters {
	w := s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	since := startTimeframe(s.Now().UnixMilli(), days)
	out := map[RowKey]RowCounters{}
	for stream := range w.opts.Streams {
		order, stats := w.appOrder(stream, since, "name asc")
		for _, ai := range order {
			c := &stats[ai]
			out[RowKey{w.streamID(stream), w.appID(int(ai))}] = RowCounters{msTime(c.last), int(c.users), int(c.addresses), int(c.machines), c.events, c.up, c.down}
		}
	}
	return out
}

// MovedRows names the rows whose counters differ, or that are new, as against
// what Counters gave before for the same timeframe.
func MovedRows(before, now map[RowKey]RowCounters) map[RowKey]bool {
	moved := map[RowKey]bool{}
	for key, counters := range now {
		if was, ok := before[key]; !ok || was != counters {
			moved[key] = true
		}
	}
	return moved
}
