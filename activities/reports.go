package activities

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// SendReport is the name of the activity that makes a report and mails it.
const SendReport = "SendReport"

// Reports holds what it takes to make reports and to mail them. It shares the
// worker's clients, and so the request budget of its sessions.
type Reports struct {
	Source   query.Source
	Mail     *notify.Notifier
	From     string                                               // sender's address, for the mails' ids
	Temporal recorder                                             // keeps who has the report when an attempt ends: a Temporal client
	Busy     func(ctx context.Context, lane string) (bool, error) // whether a session runs: LaneBusy

	Base      time.Duration // first pause before a mail is tried again (5 s)
	LaneEvery time.Duration // how often the lane is looked at while Defender is read (3 s)
}

// Register makes the activity known to a worker under its name.
func (r Reports) Register(w worker.ActivityRegistry) {
	w.RegisterActivityWithOptions(r.Send, activity.RegisterOptions{Name: SendReport})
}

// SendInput is a report to be sent.
type SendInput struct {
	Integration string       `json:"integration"`
	Report      saved.Report `json:"report"`
	Policy      saas.Policy  `json:"policy"`
	Key         string       `json:"key"`  // of this sending: the same again marks a resend
	At          time.Time    `json:"at"`   // date of the mails
	Lane        string       `json:"lane"` // id of the workflow that runs while a session does
}

// Sent is what became of a report. It holds none of its rows.
type Sent struct {
	Rows     int       `json:"rows"`
	Mailed   []string  `json:"mailed,omitempty"`
	Unmailed []Refusal `json:"unmailed,omitempty"`
}

// Refusal is a subscriber whom the report did not reach.
type Refusal struct {
	To  string `json:"to"`
	Why string `json:"why"`
}

// Send makes the report as a workbook and mails it to each subscriber. A mail
// that fails is tried again without holding up another one; who has it already
// is in the heartbeat, so that another attempt leaves them out.
func (r Reports) Send(ctx context.Context, in SendInput) (Sent, error) {
	if r.Mail == nil || !r.Mail.HasEmail() {
		return Sent{}, temporal.NewNonRetryableApplicationError("the worker has no mail server: set SMTP_HOST, and restart it", "NoMailServer", nil)
	}
	p := &posting{in: in}
	if activity.HasHeartbeatDetails(ctx) {
		// Details that can't be read cost a second mail with the same id.
		_ = activity.GetHeartbeatDetails(ctx, &p.beat)
	}
	ctx, stop := p.attend(ctx)
	defer stop()
	sent, err := r.send(ctx, p)
	if err != nil {
		stop() // nothing that was said before may come after
		leave(ctx, r.Temporal, p.said())
		return Sent{}, reportFailure(ctx, err)
	}
	return sent, nil
}

// send makes the report and mails it.
func (r Reports) send(ctx context.Context, p *posting) (Sent, error) {
	folder, err := os.MkdirTemp("", "defendersync-report-")
	if err != nil {
		return Sent{}, fmt.Errorf("make a folder for the report: %w", err)
	}
	defer os.RemoveAll(folder)
	if err := r.write(ctx, p, folder); err != nil {
		return Sent{}, err
	}
	if err := r.post(ctx, p); err != nil {
		return Sent{}, err
	}
	return p.sent(), nil
}

// write makes the workbook.
func (r Reports) write(ctx context.Context, p *posting, folder string) error {
	source := r.Source
	source.Policy = p.in.Policy
	source.Step = func(what string, done, total int) { p.tell(fmt.Sprintf("%s: %d of %d", what, done, total)) }
	source.Note = func(text string) { p.note(text) }
	p.file = filepath.Join(folder, p.in.Report.Name+".xlsx")
	ask := func(ctx context.Context) error {
		p.begin()
		heading, rows, err := p.in.Report.Ask(ctx, source)
		if err != nil {
			return err
		}
		p.heading = heading
		p.rows, err = sheet.Run(ctx, rows, sheet.Destination{File: p.file}, sheet.XLSX, heading,
			sheet.Options{Location: p.in.Report.Zone(), TempDir: folder}, func(n int) { p.tell(sheet.Count(n)) })
		return err
	}
	if !p.in.Report.Live() {
		return ask(ctx)
	}
	return r.alone(ctx, p, ask)
}

// posting is one report on its way.
type posting struct {
	in      SendInput
	file    string
	heading sheet.Sheet
	rows    int
	notes   []string
	failed  []Refusal

	mu   sync.Mutex
	beat beat

	beating sync.Mutex // so that no heartbeat overtakes a newer one
}

// beat is what the heartbeat of a posting says.
type beat struct {
	Doing  string   `json:"doing"`
	Mailed []string `json:"mailed,omitempty"`
}

func (p *posting) tell(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat.Doing = what
}

// begin forgets what a reading that was broken off told.
func (p *posting) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = nil
}

func (p *posting) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, text)
}

// said is the heartbeat now.
func (p *posting) said() beat {
	p.mu.Lock()
	defer p.mu.Unlock()
	return beat{p.beat.Doing, slices.Clone(p.beat.Mailed)}
}

// mailed takes in that a subscriber has the report, and tells Temporal, so that
// a worker that dies makes at most one mail come twice.
func (p *posting) mailed(ctx context.Context, to string) {
	p.mu.Lock()
	p.beat.Mailed = append(p.beat.Mailed, to)
	p.mu.Unlock()
	p.record(ctx)
}

// record sends the heartbeat.
func (p *posting) record(ctx context.Context) {
	p.beating.Lock()
	defer p.beating.Unlock()
	activity.RecordHeartbeat(ctx, p.said())
}

func (p *posting) sent() Sent {
	return Sent{Rows: p.rows, Mailed: p.said().Mailed, Unmailed: p.failed}
}

// errHandOver is why work ends when the worker does.
var errHandOver = errors.New("the worker is stopping")

// attend tells Temporal that the report is on its way, until stop is called,
// and ends the work when the worker stops. The work consists of requests and
// mails that have time limits of their own, so none can hang unseen.
func (p *posting) attend(ctx context.Context) (_ context.Context, stop func()) {
	stopping := activity.GetWorkerStopChannel(ctx)
	work, cancel := context.WithCancelCause(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(thirdOfTimeout(ctx))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.record(ctx)
			case <-stopping:
				cancel(errHandOver)
				return
			case <-work.Done():
				return
			}
		}
	})
	return work, func() { cancel(nil); wait.Wait() }
}

// reportFailure turns an error into what Temporal should make of it: what is
// wrong with the question or its answer won't be right the next time.
func reportFailure(ctx context.Context, err error) error {
	if context.Cause(ctx) == errHandOver {
		return stopping()
	}
	option, unknown, needs := new(query.OptionError), new(query.UnknownApp), new(query.NeedsDefender)
	if errors.As(err, &option) || errors.As(err, &unknown) || errors.As(err, &needs) {
		return temporal.NewNonRetryableApplicationError(err.Error(), "Question", nil)
	}
	if _, ok := errors.AsType[*httpx.Error](err); ok {
		return failure(err)
	}
	return err
}
