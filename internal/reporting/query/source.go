package query

import (
	"context"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Source is where answers come from. It may be used for one question after
// another, and by several at once.
type Source struct {
	Oomnitza *oomnitza.Client
	Defender *defender.Client // nil: there are no settings for it
	Policy   saas.Policy
	Budget   int                                // requests a minute to Defender, for estimates; 0: unlimited
	Width    int                                // apps whose users are read side by side; 0: 8
	Now      func() time.Time                   // nil: time.Now
	Note     func(string)                       // is told what the asker should know; nil: nobody is
	Lost     func(apps int)                     // is told how many apps an answer lacks that could not be read; nil: nobody is
	Step     func(what string, done, total int) // is told how far a long reading has got; nil: nobody is
	Backoff  ratelimit.Backoff                  // between tries of a request that failed
}

func (s Source) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// maxNote bounds a note, in characters: names in it come from the tenants.
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

// tries is how often a request is sent before its failure is the answer's. The
// clients wait out a 429 by themselves, however long it takes.
const tries = 5

// retryPassing tries again while a failure looks like one that passes.
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
