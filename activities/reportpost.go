package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/notify"
	"defendersync/internal/reporting/sheet"
)

const (
	// postTries is how often a mail is sent before its subscriber is given up.
	postTries = 12
	// longestPause is the most that is waited between two tries, which double
	// from the first pause: all in all some three quarters of an hour.
	longestPause = 10 * time.Minute
)

// post mails the report to all who don't have it yet, in rounds, so that one
// who can't be reached holds up nobody.
func (r Reports) post(ctx context.Context, p *posting) error {
	waiting := slices.DeleteFunc(slices.Clone(p.in.Report.Subscribers), func(to string) bool { return slices.Contains(p.said().Mailed, to) })
	pause := r.Base
	if pause <= 0 {
		pause = 5 * time.Second
	}
	for try := 1; len(waiting) > 0; try++ {
		var again []string
		asked := time.Duration(0)
		for _, to := range waiting {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.tell("mailing " + to)
			// One that is under way is finished: broken off, the server may
			// have taken it, and another attempt would send it again.
			err := r.Mail.Mail(context.WithoutCancel(ctx), p.mail(to, r.From))
			refused, _ := errors.AsType[*notify.Error](err)
			switch {
			case err == nil:
				p.mailed(ctx, to)
			case try == postTries || refused != nil && refused.Permanent:
				p.failed = append(p.failed, Refusal{to, err.Error()})
			default:
				again = append(again, to)
				if refused != nil {
					asked = max(asked, refused.RetryAfter)
				}
			}
		}
		if waiting = again; len(waiting) == 0 {
			return nil
		}
		p.tell("waiting to try " + strings.Join(waiting, ", ") + " again")
		select {
		case <-time.After(max(asked, pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
	return nil
}

// mail is the mail to one subscriber.
func (p *posting) mail(to, from string) notify.Mail {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", p.heading.Title)
	if p.rows == 0 {
		text.WriteString("Nothing matches today; the workbook attached says what was asked.\n\n")
	} else {
		fmt.Fprintf(&text, "%s, in the workbook attached.\n\n", sheet.Count(p.rows))
	}
	for _, f := range p.heading.About {
		fmt.Fprintf(&text, "%s: %s\n", f.Name, f.Value)
	}
	for _, note := range p.notes {
		fmt.Fprintf(&text, "Note: %s\n", note)
	}
	fmt.Fprintf(&text, "\nSent by defendersync for integration %s (%s). Whoever runs it can take you off report %q.\n",
		p.in.Integration, p.in.Report.When(), p.in.Report.Name)
	return notify.Mail{
		To: to, Subject: fmt.Sprintf("%s (%s)", p.heading.Title, sheet.Count(p.rows)), Text: text.String(),
		Attachments: []string{p.file}, MessageID: mailID(p.in.Key, to, from), At: p.in.At,
	}
}

// mailID is the Message-ID of a report's mail: the same for the same sending
// and subscriber, so that a resend is recognisable.
func mailID(key, to, from string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + to))
	return "report." + hex.EncodeToString(sum[:16]) + "@" + from[strings.LastIndexByte(from, '@')+1:]
}

// errSession is why reading Defender is broken off.
var errSession = errors.New("a session began")

// alone does work that reads Defender while no session does: both live on one
// request budget, and the session's promise is the older one. When a session
// begins, the work is broken off, and done anew when that has ended.
func (r Reports) alone(ctx context.Context, p *posting, work func(context.Context) error) error {
	every := r.LaneEvery
	if every <= 0 {
		every = 3 * time.Second
	}
	for {
		if err := r.await(ctx, p, every); err != nil {
			return err
		}
		broken, cancel := context.WithCancelCause(ctx)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for pause(broken, every) {
				if busy, err := r.Busy(broken, p.in.Lane); busy && err == nil {
					cancel(errSession)
				}
			}
		}()
		err := work(broken)
		cause := context.Cause(broken)
		cancel(nil)
		<-watched
		if cause != errSession || err == nil {
			return err
		}
	}
}

// await waits until no session runs.
func (r Reports) await(ctx context.Context, p *posting, every time.Duration) error {
	for {
		busy, err := r.Busy(ctx, p.in.Lane)
		if err != nil || !busy {
			return err
		}
		p.tell("waiting for the end of the session that reads Defender")
		if !pause(ctx, every) {
			return ctx.Err()
		}
	}
}

// LaneBusy asks Temporal whether a workflow of that id runs: with the lane's,
// whether a session does.
func LaneBusy(c client.Client) func(ctx context.Context, lane string) (bool, error) {
	return func(ctx context.Context, lane string) (bool, error) {
		d, err := c.DescribeWorkflowExecution(ctx, lane, "")
		var none *serviceerror.NotFound
		switch {
		case errors.As(err, &none):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("ask Temporal for the running session: %w", err)
		}
		return d.GetWorkflowExecutionInfo().GetCloseTime() == nil, nil
	}
}

// pause waits and reports whether it may go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
