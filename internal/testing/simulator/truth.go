package simulator

import (
	"iter"
	"strconv"
	"time"
)

// TruthApp is one app as Defender's side has it now, over all streams and the
// whole retention of 90 days, in the resolution in which times are told.
type TruthApp struct {
	ID       string
	Name     string
	Category string // as Defender spells it: SAASDB_CATEGORY_…
	Vendor   string
	Website  string   // the domain of its site
	Domains  []string // as the row shows them, the site's among them
	Score    int
	Tag      string // Sanctioned, …; empty: none
	Rows     []TruthRow
	Users    []TruthUser // by stream, the latest first
}

// TruthRow is the app's row in one stream.
type TruthRow struct {
	Stream       string // id
	Users        int
	LastActivity time.Time
	Bad          string // the row cannot be used, and why
}

// TruthUser is a user's row in the app's list of one stream.
type TruthUser struct {
	Stream       string // id
	User         string // as Defender spells it there
	LastActivity time.Time
	Bad          string // the row cannot be used, and why
	Person       int    // which of the people it is, whatever the spelling
}

// Truth goes through the apps that any live stream has seen within the
// retention, the most used first. It holds up changes only while it computes
// an app.
func (s *Simulator) Truth() iter.Seq[TruthApp] {
	return func(yield func(TruthApp) bool) {
		for i := 0; ; i++ {
			app, more := s.truthApp(i)
			if !more {
				return
			}
			if len(app.Rows) > 0 && !yield(app) {
				return
			}
		}
	}
}

func (s *Simulator) truthApp(i int) (TruthApp, bool) {
	w, f := s.world, s.faults.Load()
	w.mu.RLock()
	defer w.mu.RUnlock()
	if i >= len(w.apps) {
		return TruthApp{}, false
	}
	since := startTimeframe(s.Now().UnixMilli(), retention)
	a := &w.apps[i]
	category, tag, score := w.appTraits(i)
	out := TruthApp{ID: w.appID(i), Name: a.brand.name, Category: category, Vendor: vendorOf(a.brand),
		Website: a.brand.domain, Domains: w.appDomains(i), Score: score, Tag: tag}
	perm := w.slotPerm(i)
	for stream := range w.opts.Streams {
		stat := w.statOf(stream, i, since)
		if stat.last == 0 {
			continue
		}
		id := w.streamID(stream)
		out.Rows = append(out.Rows, TruthRow{Stream: id, Users: int(stat.users), LastActivity: msTime(stat.last), Bad: w.badApp(f, stream, i)})
		for _, e := range w.usersOf(nil, stream, i, since) {
			slot := perm.mapIndex(int(e.k))
			out.Users = append(out.Users, TruthUser{Stream: id, User: string(w.appendUserName(nil, stream, i, slot)),
				LastActivity: msTime(e.at), Bad: w.badUser(f, stream, i, e.k), Person: w.personOf(slot)})
		}
	}
	return out, true
}

// StreamIDs names the live streams that know users.
func (s *Simulator) StreamIDs() []string {
	ids := make([]string, s.opts.Streams)
	for i := range ids {
		ids[i] = s.world.streamID(i)
	}
	return ids
}

// StreamName gives the name of a stream, as the list of streams shows it; "" for an
// id that is none's.
func (s *Simulator) StreamName(id string) string {
	for i := range s.opts.Streams {
		if s.world.streamID(i) == id {
			return s.world.streamName(i)
		}
	}
	return ""
}

func (w *world) personOf(slot int) int {
	if slot >= w.opts.People {
		return w.aliasOf(slot)
	}
	return slot
}

func (w *world) appID(i int) string { return strconv.Itoa(w.apps[i].id) }

func (w *world) appIndex(id string) (int, bool) {
	n, err := strconv.Atoi(id)
	if err != nil {
		return 0, false
	}
	i, ok := w.byID[n]
	return i, ok
}

func msTime(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
