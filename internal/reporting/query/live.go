package query

import (
	"context"
	"fmt"
	"sync"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// liveReader reads last activity from Defender where Oomnitza has none. The streams
// and Defender's list of apps are read once, when they are first needed.
type liveReader struct {
	source Source
	namer  *saas.Namer
	shared sharedHabits

	mu          sync.Mutex
	streams     []defender.Stream
	catalogue   *catalogue
	reasonNoted bool
}

func newLiveReader(s Source) (*liveReader, error) {
	if s.Defender == nil {
		return nil, nil
	}
	namer, err := saas.NewNamer(s.Policy)
	return &liveReader{source: s, namer: namer}, err
}

// appID returns Defender's id of the app that a record stands for; "" when Defender
// has no such app. It sends requests only for a record without the id, and only
// once.
func (l *liveReader) appID(ctx context.Context, a AppRef) (string, error) {
	if a.DefenderID != "" {
		return a.DefenderID, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.catalogue == nil {
		c, err := l.source.readCatalogue(ctx, siteFilter{})
		if err != nil {
			return "", err
		}
		l.catalogue = &c
	}
	id, _, ok := l.catalogue.findApp(a.DefenderID, a.Name)
	if !ok {
		return "", nil
	}
	return id, nil
}

// chosenStreams returns the streams that a session reads.
func (l *liveReader) chosenStreams(ctx context.Context) ([]defender.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams == nil {
		streams, err := l.source.chooseStreams(ctx)
		if err != nil {
			return nil, err
		}
		l.streams = streams
	}
	return l.streams, nil
}

// readVisits reads the last activity of an app's users, mapped to people by the
// rules of a session. The extent is that of the worst list; unreadable also where
// Defender has no such app.
func (l *liveReader) readVisits(ctx context.Context, a AppRef) (map[string]saas.Visit, extent, error) {
	id, err := l.appID(ctx, a)
	if err != nil || id == "" {
		return nil, unreadable, err
	}
	streams, err := l.chosenStreams(ctx)
	if err != nil {
		return nil, unreadable, err
	}
	visits, worst := map[string]saas.Visit{}, whole
	for _, stream := range streams {
		read, err := l.readUsers(ctx, stream, id, func(u saas.Usage) {
			if p, skip := l.namer.Person(u.User); skip == "" && !u.Weak {
				saas.MergeVisit(visits, p, u.LastActivity)
			}
		})
		if err != nil {
			return nil, unreadable, err
		}
		worst = max(worst, read)
	}
	return visits, worst, nil
}

// noteReason says once that Defender is read, and why.
func (l *liveReader) noteReason(a AppRef, lacking, users, apps int) {
	l.mu.Lock()
	first := !l.reasonNoted
	l.reasonNoted = true
	l.mu.Unlock()
	if !first {
		return
	}
	if apps <= 1 {
		l.source.addNote(fmt.Sprintf("Oomnitza has no last activity for %d of the %d users of %q, so it is read live from Defender", lacking, users, a.Name))
		return
	}
	l.source.noteLive(fmt.Sprintf("Oomnitza has no last activity for %d of the %d users of %q, so it is read live from Defender; if all %d apps need that",
		lacking, users, a.Name, apps), apps)
}

// completeActivity fills in the last activity that Oomnitza does not have, and
// returns the places of the seats that it filled in.
func (r *usersReader) completeActivity(ctx context.Context, a AppRef, seats []oomnitza.Seat, out *AppUsers) (map[int]bool, error) {
	lacking := 0
	for i := range seats {
		if seats[i].LastActivity.IsZero() {
			lacking++
		}
	}
	if lacking == 0 {
		return nil, nil
	}
	if r.live == nil {
		r.hint.Do(func() {
			r.source.addNote(fmt.Sprintf("Oomnitza has no last activity for %d of the %d users of %q, so it is unknown whether they are active; "+
				"--live reads it from Defender", lacking, len(seats), a.Name))
		})
		return nil, nil
	}
	r.live.noteReason(a, lacking, len(seats), r.apps)
	visits, read, err := r.live.readVisits(ctx, a)
	if err != nil {
		return nil, err
	}
	if out.Unread = read == unreadable; read == partial {
		r.lost.notePartial(a.Name)
	}
	filled := map[int]bool{}
	byName, byEmail := indexSeats(seats)
	for _, v := range visits {
		i, ok := byName[saas.Fold(v.Person.Username)]
		if !ok && v.Person.Email != "" {
			i, ok = byEmail[saas.Fold(v.Person.Email)]
		}
		switch {
		case !ok && r.only != nil: // somebody else
		case !ok:
			out.Absent++
		case saas.IsNews(seats[i].LastActivity, v.Last) && (filled[i] || seats[i].LastActivity.IsZero()):
			seats[i].LastActivity, filled[i] = v.Last.Truncate(time.Second), true
		}
	}
	return filled, nil
}

// indexSeats maps usernames and email addresses to the places of seats.
func indexSeats(seats []oomnitza.Seat) (byName, byEmail map[string]int) {
	byName, byEmail = make(map[string]int, len(seats)), make(map[string]int, len(seats))
	for i := range seats {
		byName[saas.Fold(seats[i].Username)] = i
		if seats[i].Email != "" {
			byEmail[saas.Fold(seats[i].Email)] = i
		}
	}
	return byName, byEmail
}
