// Package mailing makes a saved report and mails it to its subscribers: the rows as
// an Excel workbook, with the first of them in the mail, or the dashboard as a page;
// one mail to each address.
//
// It sends a mail again when the failure may pass, gives up on an address that
// is refused, and does not read Defender while a session does. It knows nothing
// of Temporal: the caller keeps the Progress from which another attempt goes on.
package mailing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// ErrNoMailServer is the error of a Mailer without a mail server.
var ErrNoMailServer = errors.New("the worker has no mail server: set SMTP_HOST and restart it")

// Mailer makes reports and mails them. It is safe for concurrent use.
type Mailer struct {
	Source query.Source
	Mail   *notify.Notifier
	From   string // sender's address, for the Message-IDs

	// SessionRuns reports whether a session of the integration runs. It is asked
	// for reports that read Defender only.
	SessionRuns func(context.Context) (bool, error)

	// Sessions reads the past sessions for the dashboard, the latest first, and what is
	// to be said of them. Nil: the dashboard has none.
	Sessions func(context.Context) ([]page.Session, string, error)

	FirstPause   time.Duration // before a mail is sent again; doubles each time; 0: 5 s
	SessionEvery time.Duration // between two calls of SessionRuns; 0: 3 s
}

// Job is one report to be sent.
type Job struct {
	Integration string
	Report      contract.Report
	Policy      saas.Policy
	Key         string    // identifies the sending: the same again makes the same Message-IDs
	At          time.Time // date of the mails
}

// zone is where the times of the mail are told: the report's time zone, else the
// integration's.
func (j Job) zone() *time.Location {
	if j.Report.Timezone == "" {
		return j.Policy.Zone()
	}
	return saved.ZoneOf(j.Report)
}

// Result is what became of a report. It holds none of its rows.
type Result struct {
	Rows     int
	Mailed   []string
	Unmailed []contract.ReportRefusal
}

// Send makes the report and mails it to every subscriber whom the tracker does
// not know to have it. A subscriber who can't be reached is in the result and
// delays nobody else. An error means that another attempt is needed, from the
// tracker's progress.
func (m Mailer) Send(ctx context.Context, job Job, t *Tracker) (Result, error) {
	if m.Mail == nil || !m.Mail.HasEmail() {
		return Result{}, ErrNoMailServer
	}
	folder, err := os.MkdirTemp("", "defendersync-report-")
	if err != nil {
		return Result{}, fmt.Errorf("make a folder for the report: %w", err)
	}
	defer os.RemoveAll(folder)
	report, err := m.makeReport(ctx, job, t, folder)
	if err != nil {
		return Result{}, err
	}
	refused, err := m.mailAll(ctx, job, report, t)
	if err != nil {
		return Result{}, err
	}
	return Result{Rows: report.rows, Mailed: t.Progress().Mailed, Unmailed: refused}, nil
}

// makeReport answers the report's question into a file in folder, and writes the
// mail's body.
func (m Mailer) makeReport(ctx context.Context, job Job, t *Tracker, folder string) (made, error) {
	var out made
	var notes noteList
	source := m.Source
	source.Policy = job.Policy
	source.Step = t.showStep
	source.Note = notes.addNote
	source.Plan = t.showDoing // over when the mail is read
	answer := func(ctx context.Context) (err error) {
		notes.clearNotes() // of an answer that was interrupted
		if saved.IsDashboard(job.Report) {
			out, err = m.makeDashboard(ctx, job, source, t, folder)
		} else {
			out, err = makeWorkbook(ctx, job, source, t, folder)
		}
		return err
	}
	var err error
	if saved.IsLive(job.Report) {
		err = m.runBetweenSessions(ctx, t, answer)
	} else {
		err = answer(ctx)
	}
	if err != nil {
		return made{}, err
	}
	out.notes = notes.texts
	out.html, err = renderBody(newBody(job, out))
	return out, err
}

// makeWorkbook writes the rows into a workbook in folder.
func makeWorkbook(ctx context.Context, job Job, source query.Source, t *Tracker, folder string) (made, error) {
	heading, rows, err := saved.Ask(ctx, job.Report, source)
	if err != nil {
		return made{}, err
	}
	out := made{file: filepath.Join(folder, job.Report.Name+".xlsx"), heading: heading, zone: job.zone()}
	var first preview
	out.rows, err = sheet.WriteRows(ctx, first.keepFirst(rows), sheet.Destination{File: out.file}, sheet.XLSX, heading,
		sheet.Options{Location: out.zone, TempDir: folder}, func(n int) { t.showDoing(sheet.FormatCount(n)) })
	out.first = first.rows
	return out, err
}

// noteList collects notes, which may come from several goroutines.
type noteList struct {
	mu    sync.Mutex
	texts []string
}

func (l *noteList) addNote(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, text)
}

func (l *noteList) clearNotes() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = nil
}
