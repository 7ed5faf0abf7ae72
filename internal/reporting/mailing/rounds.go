package mailing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/notify"
)

const (
	// maxTries is how often a mail is sent before its subscriber is given up.
	maxTries = 12
	// longestPause bounds the pause between two tries, which doubles each time:
	// all tries together take about three quarters of an hour.
	longestPause = 10 * time.Minute
)

// mailAll mails the report to all who don't have it yet, in rounds, so that a
// subscriber who can't be reached delays nobody.
func (m Mailer) mailAll(ctx context.Context, job Job, report made, t *Tracker) (refused []contract.ReportRefusal, err error) {
	had := t.Progress().Mailed
	waiting := slices.DeleteFunc(slices.Clone(job.Report.Subscribers), func(to string) bool { return slices.Contains(had, to) })
	pause := m.FirstPause
	if pause <= 0 {
		pause = 5 * time.Second
	}
	for try := 1; len(waiting) > 0; try++ {
		round := round{last: try == maxTries}
		for _, to := range waiting {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			t.showDoing("mailing " + to)
			// A mail that is under way is finished: if it were broken off, the
			// server might have taken it, and another attempt would send it again.
			err := m.Mail.SendMail(context.WithoutCancel(ctx), newMail(job, report, to, m.From))
			if err == nil {
				t.markMailed(to)
			} else {
				round.sortFailure(to, err)
			}
		}
		refused = append(refused, round.refused...)
		if waiting = round.again; len(waiting) == 0 {
			break
		}
		t.showDoing("waiting to mail " + strings.Join(waiting, ", ") + " again")
		if !sleep(ctx, max(round.askedPause, pause)) {
			return nil, ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
	return refused, nil
}

// round is what became of the mails that failed in one round.
type round struct {
	last       bool // no other round follows
	again      []string
	refused    []contract.ReportRefusal
	askedPause time.Duration // the longest that a server asked for
}

// sortFailure decides whether a mail that failed is sent again.
func (r *round) sortFailure(to string, err error) {
	failure, ok := errors.AsType[*notify.Error](err)
	if r.last || ok && failure.Permanent {
		r.refused = append(r.refused, contract.ReportRefusal{To: to, Why: err.Error()})
		return
	}
	r.again = append(r.again, to)
	if ok {
		r.askedPause = max(r.askedPause, failure.RetryAfter)
	}
}

// sleep waits, and reports whether the context still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
