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

// losses are the apps whose users could not be read in one answer. One app that
// is refused costs that app alone; when nothing can be read it is the tenant.
type losses struct {
	source Source
	mu     sync.Mutex
	read   int
	lost   int
	names  []string
	first  error
	cut    []string // apps of which the tenant shows a part of the users alone
	parts  int
}

const (
	// lostBeforeAny is how many apps may be lost before one has been read.
	lostBeforeAny = 20
	lostNamed     = 5
)

// noteResult notes the reading of an app's users, and gives back the error where it
// is more than that app's.
func (l *losses) noteResult(ctx context.Context, app string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case errors.Is(err, oomnitza.ErrCutOff):
		l.read++
		if l.parts++; len(l.cut) < lostNamed {
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
	if len(l.names) < lostNamed {
		l.names = append(l.names, fmt.Sprintf("%q", clipName(app)))
	}
	if l.read == 0 && l.lost >= lostBeforeAny {
		return err
	}
	return nil
}

// noteLosses tells what was lost; all of it is the error of the first.
func (l *losses) noteLosses() error {
	if l.lost > 0 && l.read == 0 {
		return l.first
	}
	if l.lost > 0 {
		l.source.addNote(fmt.Sprintf("the users of %s could not be read and are missing: %s: %v", countNoun(l.lost, "app"), joinSome(l.names, l.lost), l.first))
	}
	if l.parts > 0 {
		l.source.addNote(fmt.Sprintf("Oomnitza shows a part of the users of %s alone, and no further page: %s; their users and active users are the least that is known",
			countNoun(l.parts, "app"), joinSome(l.cut, l.parts)))
	}
	if n := l.lost + l.parts; n > 0 && l.source.Lost != nil {
		l.source.Lost(n)
	}
	return nil
}

// joinSome lists the first names of a number of apps.
func joinSome(names []string, of int) string {
	text := strings.Join(names, ", ")
	if more := of - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// concernsOneApp reports whether a failure may be of one app alone: it is no answer
// that a token, a setting or a tenant that is out gives to everything.
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

// clipName is a name for a sentence.
func clipName(name string) string {
	const longest = 80
	if r := []rune(name); len(name) > longest && len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return name
}
