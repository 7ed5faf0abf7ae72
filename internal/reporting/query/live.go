package query

import (
	"context"
	"fmt"
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// liveReader reads last activity from Defender where Oomnitza has none. The streams
// and Defender's list of apps are read once, when they are first needed.
type liveReader struct {
	source Source
	namer  *saas.Namer

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
// rules of a session. unread says that Defender does not list them.
func (l *liveReader) readVisits(ctx context.Context, a AppRef) (visits map[string]saas.Visit, unread bool, err error) {
	id, err := l.appID(ctx, a)
	if err != nil || id == "" {
		return nil, true, err
	}
	streams, err := l.chosenStreams(ctx)
	if err != nil {
		return nil, true, err
	}
	visits = map[string]saas.Visit{}
	for _, stream := range streams {
		err := l.readUsers(ctx, stream, id, func(u saas.Usage) {
			if p, skip := l.namer.Person(u.User); skip == "" && !u.Weak {
				saas.MergeVisit(visits, p, u.LastSeen)
			}
		})
		if kind := httpx.KindOf(err); kind == httpx.KindNotFound || kind == httpx.KindRefused {
			unread = true // only this app can't be read
		} else if err != nil {
			return nil, true, err
		}
	}
	return visits, unread, nil
}

// acceptPage takes in a page by its rows. A server that does not turn its pages
// is an error.
func acceptPage(w *contract.Walk, fingerprint string, skip int) error {
	if before, ok := listing.AcceptPage(w, fingerprint, skip); !ok {
		return httpx.RepeatedPage("Defender", skip, before)
	}
	return nil
}

// readUsers reads an app's users in one stream. A row that comes twice shows
// that the list moved: rows with new activity went to its head behind our
// back, so the head is read again until it shows nothing new.
func (l *liveReader) readUsers(ctx context.Context, stream defender.Stream, app string, take func(saas.Usage)) error {
	seen := map[string]time.Time{}
	var walk contract.Walk
	moved := false
	for skip := 0; skip >= 0; {
		page, err := l.readPage(ctx, stream, app, skip)
		if err == nil {
			err = acceptPage(&walk, page.Fingerprint, skip)
		}
		if err != nil {
			return err
		}
		_, again := takeRows(seen, page.Users, take)
		moved = moved || again
		skip = page.Next
	}
	for skip := 0; moved && skip >= 0; {
		page, err := l.readPage(ctx, stream, app, skip)
		if err != nil {
			return err
		}
		if fresh, _ := takeRows(seen, page.Users, take); !fresh {
			break
		}
		skip = page.Next
	}
	return nil
}

// takeRows takes in the rows of a page: whether any was new or newer, and whether
// any had come before.
func takeRows(seen map[string]time.Time, users []saas.Usage, take func(saas.Usage)) (fresh, again bool) {
	for _, u := range users {
		last, known := seen[u.User]
		again = again || known
		if !known || u.LastSeen.After(last) {
			fresh = true
			seen[u.User] = u.LastSeen
			take(u)
		}
	}
	return fresh, again
}

func (l *liveReader) readPage(ctx context.Context, stream defender.Stream, app string, skip int) (page listing.UserPage, err error) {
	err = l.source.retryPassing(ctx, func() (err error) {
		page, err = l.source.Defender.ReadUsers(ctx, listing.UserQuery{Stream: stream.ID, App: app, Timeframe: timeframe, Skip: skip, Fit: l.namer.Fit})
		return err
	})
	return page, err
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
		if seats[i].LastVisit.IsZero() {
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
	visits, unread, err := r.live.readVisits(ctx, a)
	if err != nil {
		return nil, err
	}
	out.Unread = unread
	filled := map[int]bool{}
	byName, byEmail := indexSeats(seats)
	for _, v := range visits {
		i, ok := byName[saas.Fold(v.Person.Username)]
		if !ok && v.Person.Email != "" {
			i, ok = byEmail[saas.Fold(v.Person.Email)]
		}
		switch {
		case !ok:
			out.Absent++
		case saas.IsNews(seats[i].LastVisit, v.Last) && (filled[i] || seats[i].LastVisit.IsZero()):
			seats[i].LastVisit, filled[i] = v.Last.Truncate(time.Second), true
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
