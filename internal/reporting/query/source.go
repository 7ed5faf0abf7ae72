package query

import (
	"context"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Source answers questions from the tenants. It is safe for concurrent use if its
// funcs are.
type Source struct {
	Oomnitza *oomnitza.Client
	Defender *defender.Client // nil: not configured
	Links    Links            // what rows lead to
	Policy   saas.Policy
	Budget   int              // requests a minute to Defender, for estimates; 0: unlimited
	Width    int              // apps whose users are read at once; 0: 8
	Now      func() time.Time // nil: time.Now

	Note func(text string)                  // receives what the reader of the answer should know; may be nil
	Plan func(text string)                  // receives what is about to be read, and how long that takes; nil: Note does
	Lost func(apps int)                     // receives the number of apps that could not be read, or not whole; may be nil
	Step func(what string, done, total int) // receives the progress of long readings; total 0: unknown; may be nil

	Backoff ratelimit.Backoff // between attempts of a request that failed
}

func (s Source) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// maxNote bounds a note, in characters: it may have names from the tenants.
const maxNote = 1000

func (s Source) addNote(text string) {
	if s.Note == nil {
		return
	}
	if r := []rune(text); len(text) > maxNote && len(r) > maxNote {
		text = string(r[:maxNote]) + "…"
	}
	s.Note(text)
}

func (s Source) showStep(what string, done, total int) {
	if s.Step != nil {
		s.Step(what, done, total)
	}
}

// tries is how often a request is sent before its error is the answer's. The
// clients wait out a 429 themselves, however long it takes.
const tries = 5

// retryPassing tries again while the error may pass.
func (s Source) retryPassing(ctx context.Context, ask func() error) error {
	for failed := 0; ; failed++ {
		err := ask()
		if err == nil || !httpx.KindOf(err).Retryable() || failed == tries-1 {
			return err
		}
		select {
		case <-time.After(s.Backoff.Delay(failed, nil)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// countNoun returns a number with its noun: "1 user", "2 users", "2 activities".
func countNoun(n int, what string) string {
	switch stem, y := strings.CutSuffix(what, "y"); {
	case n == 1:
	case y:
		what = stem + "ies"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// isOrAre is the verb for a number of things.
func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
