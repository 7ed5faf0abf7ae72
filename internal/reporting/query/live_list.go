package query

import (
	"context"
	"sync"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// sharedHabits is what Defender's lists of users have shown about themselves, for
// lists that are read at once. No request is sent while it is locked.
type sharedHabits struct {
	mu     sync.Mutex
	habits listing.Habits
}

// usersList is the list of an app's users in one stream while it is read. Its
// reader, the one of sessions, decides which pages are asked for and judges at
// the end whether all rows were shown.
type usersList struct {
	live   *liveReader
	query  listing.UserQuery // but for Skip
	reader *listing.Reader
	latest map[string]time.Time // last activity by the name of the row
	take   func(saas.Usage)     // receives each row that is new, or newer than before
	cut    bool                 // a full page came before at another place, and no total says that the list ends there
}

// readUsers reads an app's users in one stream, whole, and rereads what moved
// meanwhile. Pages that Defender refuses or leaves empty are lost; any other error
// ends the reading.
func (l *liveReader) readUsers(ctx context.Context, stream defender.Stream, app string, take func(saas.Usage)) (extent, error) {
	list := usersList{
		live: l, query: listing.UserQuery{Stream: stream.ID, App: app, Timeframe: timeframe, Fit: l.namer.Fit},
		reader: listing.NewReader(&l.shared.habits, listing.NewLength(-1), listing.Options{}),
		latest: map[string]time.Time{}, take: take,
	}
	for ask, ok := list.reader.NextAsk(); ok; ask, ok = list.reader.NextAsk() {
		if err := list.readPage(ctx, ask); err != nil {
			return unreadable, err
		}
	}
	return list.judgeExtent(), nil
}

// readPage reads a page and uses its rows, or loses it.
func (l *usersList) readPage(ctx context.Context, ask listing.Ask) error {
	var page listing.UserPage
	var turn listing.Turn
	var empty error
	err := l.live.source.retryPassing(ctx, func() (err error) {
		q := l.query
		q.Skip, empty = ask.Skip, nil
		if page, err = l.live.source.Defender.ReadUsers(ctx, q); err != nil {
			return err
		}
		if turn, empty = l.takePage(ask, &page); empty != nil {
			return httpx.EmptyPage("Defender")
		}
		return nil
	})
	switch kind := httpx.KindOf(err); {
	case err == nil:
	case ctx.Err() == nil && (empty != nil || kind == httpx.KindRefused || kind == httpx.KindNotFound):
		l.losePage(ask, err)
		return nil
	default:
		return err
	}
	l.finishPage(ask, turn, l.useRows(page.Users))
	return nil
}

// takePage has the reader take in a page.
func (l *usersList) takePage(ask listing.Ask, page *listing.UserPage) (listing.Turn, error) {
	l.live.shared.mu.Lock()
	defer l.live.shared.mu.Unlock()
	turn, err := l.reader.TakePage(ask, page)
	repeated := err == nil && page.Rows > 0 && turn.Next == ask.Skip
	l.cut = l.cut || repeated && page.Rows == listing.PageRows && page.Total < page.Rows
	return turn, err
}

// losePage has the reader give up a page.
func (l *usersList) losePage(ask listing.Ask, err error) {
	l.live.shared.mu.Lock()
	defer l.live.shared.mu.Unlock()
	l.reader.LosePage(ask, httpx.Clip(err.Error()), httpx.KindOf(err) == httpx.KindRefused)
}

// finishPage tells the reader that the rows of a page are used.
func (l *usersList) finishPage(ask listing.Ask, turn listing.Turn, known int) {
	l.live.shared.mu.Lock()
	defer l.live.shared.mu.Unlock()
	l.reader.FinishPage(ask, turn, known)
}

// useRows uses the rows of a page, and returns how many of them say nothing new.
func (l *usersList) useRows(users []saas.Usage) (known int) {
	for _, u := range users {
		if last, met := l.latest[u.User]; met && !u.LastActivity.After(last) {
			known++
			continue
		}
		l.latest[u.User] = u.LastActivity
		l.take(u)
	}
	return known
}

// extent says how much of a list of users could be read. The greater the value,
// the less.
type extent uint8

const (
	whole      extent = iota
	partial           // rows seem to be missing
	unreadable        // not a single page could be read
)

// judgeExtent returns how much of the list was read, as far as can be told:
// reports know no number of the users besides the totals of the pages, which are
// approximate [DOC D6b].
func (l *usersList) judgeExtent() extent {
	j := l.reader.Judge()
	switch {
	case j.Unreadable != "":
		return unreadable
	case l.cut, len(j.Lost) > 0, j.Missing > 0, j.Restless:
		return partial
	}
	return whole
}
