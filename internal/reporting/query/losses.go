package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
)

// losses counts the apps whose users could not be read for one answer. A refusal
// may concern one app only, but if no app can be read, the tenant is at fault.
type losses struct {
	source Source
	mu     sync.Mutex
	read   int
	lost   int
	names  []string // of some lost apps
	first  error
	parts  int
	cut    []string // names of some apps of which the tenant returned only part of the users
	short  int
	shown  []string // names of some apps whose lists of users in Defender seem incomplete
}

const (
	// lostBeforeAny is how many apps may be lost before any has been read.
	lostBeforeAny = 20
	// lostNamed bounds the apps that a note names.
	maxNamed = 5
)

// noteResult takes in the result of reading an app's users. It returns the error if
// it concerns more than that app.
func (l *losses) noteResult(ctx context.Context, app string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, oomnitza.ErrCutOff):
		l.read++
		if l.parts++; len(l.cut) < maxNamed {
			l.cut = append(l.cut, fmt.Sprintf("%q", clipName(app)))
		}
		return nil
	case err == nil:
		l.read++
		return nil
	case ctx.Err() != nil || !concernsOneApp(err):
		return err
	}
	if l.lost++; l.first == nil {
		l.first = err
	}
	if len(l.names) < maxNamed {
		l.names = append(l.names, fmt.Sprintf("%q", clipName(app)))
	}
	if l.read == 0 && l.lost >= lostBeforeAny {
		return err
	}
	return nil
}

// notePartial takes in an app whose list of users in Defender seems incomplete.
func (l *losses) notePartial(app string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.short++; len(l.shown) < maxNamed {
		l.shown = append(l.shown, fmt.Sprintf("%q", clipName(app)))
	}
}

// noteLosses says what was lost. If no app could be read, it returns the first
// error.
func (l *losses) noteLosses() error {
	if l.lost > 0 && l.read == 0 {
		return l.first
	}
	if l.lost > 0 {
		l.source.addNote(fmt.Sprintf("the users of %s could not be read and are missing: %s: %v", countNoun(l.lost, "app"), joinSome(l.names, l.lost), l.first))
	}
	if l.parts > 0 {
		l.source.addNote(fmt.Sprintf("Oomnitza returned only part of the users of %s, and no further page: %s; their numbers of users and active users are minimums",
			countNoun(l.parts, "app"), joinSome(l.cut, l.parts)))
	}
	if l.short > 0 {
		l.source.addNote(fmt.Sprintf("Defender's lists of the users of %s seem to be incomplete: %s; last activity read live may be missing or too early there",
			countNoun(l.short, "app"), joinSome(l.shown, l.short)))
	}
	if n := l.lost + l.parts + l.short; n > 0 && l.source.Lost != nil {
		l.source.Lost(n)
	}
	return nil
}

// joinSome lists names, the first of so many.
func joinSome(names []string, of int) string {
	text := strings.Join(names, ", ")
	if more := of - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// concernsOneApp reports whether an error may concern one app only, rather than the
// token, a setting or the whole tenant.
func concernsOneApp(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return false
	}
	switch e.Kind {
	case httpx.KindRefused, httpx.KindNotFound, httpx.KindServer, httpx.KindBadAnswer, httpx.KindContract:
		return true
	}
	return e.Kind == httpx.KindUnauthorized && e.Status == 403
}

// clipName shortens a name for a note.
func clipName(name string) string {
	const longest = 80
	if r := []rune(name); len(name) > longest && len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return name
}
