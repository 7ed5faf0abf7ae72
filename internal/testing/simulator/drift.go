package simulator

import (
	"strconv"
	"time"
)

// Drift is one thing that moved while a list was read.
type Drift struct {
	Stream string // id
	App    string // id
	User   string // as Defender spells it; empty: the app is new
	Bad    string // the user's row cannot be used, and why
	At     time.Time
}

// driftList moves rows of a list just before a page past the first is served.
func (s *Simulator) driftList(stream int, q listRequest, ofApps bool, f *Faults) {
	w := s.world
	h := w.seed.drawTextBits(diceDrift, q.stream, q.app, strconv.Itoa(q.skip))
	if stream >= w.opts.Streams || !fallsWithin(h, f.Drift) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := s.Now().UnixMilli()
	if ofApps {
		w.driftApp(now)
		return
	}
	w.driftUsers(stream, q.app, now, f, h)
}

// driftApp discovers an app in the middle of things.
func (w *world) driftApp(now int64) {
	i := w.discoverApp(now)
	w.sortNames()
	w.updateTables(i)
	w.events = append(w.events, event{At: now})
	mask := w.appMask(i)
	for s := range w.opts.Streams {
		if mask&(1<<s) != 0 {
			w.drifts = append(w.drifts, Drift{Stream: w.streamID(s), App: w.appID(i), At: msTime(now)})
		}
	}
}

// driftUsers gives some of an app's users, from anywhere in the list, activity
// of right now, so that they move to its front.
func (w *world) driftUsers(stream int, id string, now int64, f *Faults, h uint64) {
	ai, ok := w.appIndex(id)
	if !ok || w.apps[ai].countPairs() == 0 {
		return
	}
	mask, perm := w.appMask(ai), w.slotPerm(ai)
	for range f.DriftRows {
		h = mixBits(h)
		k := int32(h % uint64(w.apps[ai].countPairs()))
		if _, ok := w.lastSeen(stream, ai, mask, k); !ok {
			continue
		}
		key := pairKey{w.sourceOf(stream), ai, k}
		w.drifted[key] = now
		w.events = append(w.events, event{At: now, Drift: &key})
		w.drifts = append(w.drifts, Drift{Stream: w.streamID(stream), App: id, At: msTime(w.roundTime(now)),
			User: string(w.appendUserName(nil, stream, ai, perm.mapIndex(int(k)))), Bad: w.badUser(f, stream, ai, k)})
	}
	w.updateTables(ai)
}

// Drifted lists what has moved while lists were read, in order.
func (s *Simulator) Drifted() []Drift {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	return append([]Drift(nil), s.world.drifts...)
}
