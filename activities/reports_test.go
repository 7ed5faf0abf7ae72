package activities

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/xuri/excelize/v2"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/ratelimit"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/saas"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// press is a rig that makes reports and mails them to a mail server.
type press struct {
	*rig
	Reports
	server *mailtest.Server
	beats  []beat
	stop   chan struct{} // closed when the worker is told to stop; nil: never
	left   beat          // what an attempt that failed left for the next one
}

func newPress(t *testing.T, o mailtest.Options) *press {
	t.Helper()
	r := newRig(t, simulator.Options{Apps: 40, People: 80, Pairs: 600, Synced: true})
	server := mailtest.Start(t, o)
	channels, err := notify.Open(server.Settings(), config.Notify{})
	if err != nil {
		t.Fatal(err)
	}
	return &press{rig: r, server: server, Reports: Reports{
		Source: query.Source{Oomnitza: r.oomnitza, Defender: r.defender, Now: r.sim.Now, Backoff: ratelimit.Backoff{Base: time.Millisecond}},
		Mail:   channels, From: server.Settings().From, Temporal: temporalStub{}, Base: time.Millisecond, LaneEvery: time.Millisecond,
		Busy: func(context.Context, string) (bool, error) { return false, nil },
	}}
}

// input is the report of the most used apps to these subscribers.
func (p *press) input(subscribers ...string) SendInput {
	return SendInput{
		Integration: "contoso", Policy: p.policy, Key: "report/contoso/top run-1", At: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), Lane: "sync/contoso",
		Report: saved.Report{Name: "top", Question: saved.Apps, Title: "Most used apps", Filters: map[string]string{"top": "3"},
			Columns: []string{"name", "activeUsers"}, Subscribers: subscribers, Schedule: "every 7d"},
	}
}

// send runs the activity once, after an attempt that had mailed to some.
func (p *press) send(in SendInput, before ...string) (Sent, error) {
	p.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	if len(before) > 0 {
		env.SetHeartbeatDetails(beat{Mailed: before})
	}
	env.SetWorkerOptions(keeping(p.t.Context(), func(details any) { p.left = details.(beat) }))
	if p.stop != nil {
		env.SetWorkerStopChannel(p.stop)
	}
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, v converter.EncodedValues) {
		var b beat
		if v.Get(&b) == nil {
			p.beats = append(p.beats, b)
		}
	})
	p.Reports.Register(env)
	var out Sent
	v, err := env.ExecuteActivity(SendReport, in)
	if err == nil {
		err = v.Get(&out)
	}
	return out, err
}

func TestAReportReachesEachSubscriberAsAWorkbook(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	sent, err := p.send(p.input("ann@contoso.com", "bob@contoso.com"))
	if err != nil || sent.Rows != 3 || len(sent.Mailed) != 2 || len(sent.Unmailed) != 0 {
		t.Fatalf("got %+v, %v", sent, err)
	}
	mails := p.server.Mails()
	if len(mails) != 2 || mails[0].To[0] != "ann@contoso.com" || mails[1].To[0] != "bob@contoso.com" {
		t.Fatalf("mails to %v", mails)
	}
	mail := mails[0].Parse(t)
	if got := mail.Get("Subject"); got != "Most used apps (3 rows)" {
		t.Errorf("subject %q", got)
	}
	for _, want := range []string{"3 rows, in the workbook attached", "integration contoso (every 7d)", `off report "top"`} {
		if !strings.Contains(mail.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, mail.Text)
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(mail.Attachments["top.xlsx"]))
	if err != nil {
		t.Fatalf("attachments %v: %v", len(mail.Attachments), err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 4 || len(rows[0]) != 2 || rows[0][0] != "Name" {
		t.Fatalf("rows %v, %v", rows, err)
	}
	most := 0
	for _, app := range p.sim.Holdings().SaaS {
		most = max(most, app.Visited)
	}
	if held := p.sim.Holdings().SaaS[rows[1][0]]; held.Visited != most {
		t.Errorf("first is %s with %d active users, not the most used app with %d", rows[1][0], held.Visited, most)
	}
}

func TestABadAddressHoldsUpNobody(t *testing.T) {
	tries := map[string]int{}
	p := newPress(t, mailtest.Options{OnRcpt: func(to string) error {
		tries[to]++
		switch {
		case strings.HasPrefix(to, "gone"):
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		case strings.HasPrefix(to, "busy") && tries[to] < 4:
			return &smtp.SMTPError{Code: 451, Message: "later"}
		case strings.HasPrefix(to, "full"):
			return &smtp.SMTPError{Code: 452, Message: "mailbox full"}
		}
		return nil
	}})
	sent, err := p.send(p.input("gone@contoso.com", "busy@contoso.com", "full@contoso.com", "ann@contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(sent.Mailed, " ") != "ann@contoso.com busy@contoso.com" {
		t.Errorf("mailed to %v", sent.Mailed)
	}
	if len(sent.Unmailed) != 2 || sent.Unmailed[0].To != "gone@contoso.com" || !strings.Contains(sent.Unmailed[0].Why, "no such user") ||
		sent.Unmailed[1].To != "full@contoso.com" || tries["gone@contoso.com"] != 1 || tries["full@contoso.com"] != postTries {
		t.Errorf("not to %+v after %v", sent.Unmailed, tries)
	}
}

func TestAnotherAttemptLeavesOutWhoHasTheReport(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	in := p.input("ann@contoso.com", "bob@contoso.com")
	sent, err := p.send(in, "ann@contoso.com")
	if err != nil || len(p.server.Mails()) != 1 || p.server.Mails()[0].To[0] != "bob@contoso.com" || len(sent.Mailed) != 2 {
		t.Errorf("got %+v, %v, %d mails", sent, err, len(p.server.Mails()))
	}
}

func TestAWorkerThatStopsAmongTheMailsSendsNoneTwice(t *testing.T) {
	var p *press
	once := sync.OnceFunc(func() { close(p.stop) })
	p = newPress(t, mailtest.Options{OnRcpt: func(to string) error {
		if !strings.HasPrefix(to, "bob") {
			return nil
		}
		once()
		return &smtp.SMTPError{Code: 451, Message: "later"}
	}})
	p.stop = make(chan struct{})
	in := p.input("ann@contoso.com", "bob@contoso.com", "cat@contoso.com")
	_, err := p.send(in)
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != string(httpx.KindStopping) || app.NonRetryable() {
		t.Fatalf("the attempt ended with %v", err)
	}
	mailed := len(p.server.Mails())
	if len(p.left.Mailed) != mailed || mailed == 0 || p.left.Mailed[0] != "ann@contoso.com" {
		t.Fatalf("%d were mailed, it left %+v", mailed, p.left)
	}
	p.stop = nil
	in.Report.Subscribers = []string{"ann@contoso.com", "cat@contoso.com"}
	if _, err := p.send(in, p.left.Mailed...); err != nil || len(p.server.Mails()) != 2 {
		t.Errorf("%d mails, %v", len(p.server.Mails()), err)
	}
}

func TestAMailThatIsUnderWayWhenTheWorkerStopsIsFinished(t *testing.T) {
	var p *press
	p = newPress(t, mailtest.Options{OnData: func(int) error {
		close(p.stop)
		time.Sleep(200 * time.Millisecond) // in which one that is broken off would be
		return nil
	}})
	p.stop = make(chan struct{})
	sent, err := p.send(p.input("ann@contoso.com"))
	if err != nil || len(sent.Mailed) != 1 || len(p.server.Mails()) != 1 {
		t.Errorf("got %+v, %v, %d mails", sent, err, len(p.server.Mails()))
	}
}

func TestAResendHasTheIDOfTheFirstMail(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	in := p.input("ann@contoso.com", "bob@contoso.com")
	for range 2 {
		if _, err := p.send(in); err != nil {
			t.Fatal(err)
		}
	}
	in.Key += "x"
	if _, err := p.send(in); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range p.server.Mails() {
		ids = append(ids, m.Parse(t).Get("Message-Id"))
	}
	if ids[0] != ids[2] || ids[1] != ids[3] || ids[0] == ids[1] || ids[4] == ids[0] || !strings.HasSuffix(ids[0], "@contoso.com>") {
		t.Errorf("ids %v", ids)
	}
}

func TestAnEmptyAnswerIsMailedAsSuch(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	in := p.input("ann@contoso.com")
	in.Report.Filters["min-active-users"] = "100000"
	if sent, err := p.send(in); err != nil || sent.Rows != 0 {
		t.Fatalf("got %+v, %v", sent, err)
	}
	if text := p.server.Mails()[0].Parse(t).Text; !strings.Contains(text, "Nothing matches") {
		t.Errorf("got %s", text)
	}
}

func TestAReportThatReadsDefenderWaitsForTheSession(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	var running atomic.Bool
	var looks, asked, broken atomic.Int32
	running.Store(true)
	p.Busy = func(context.Context, string) (bool, error) {
		if looks.Add(1) == 3 { // the first session ends
			running.Store(false)
		}
		return running.Load(), nil
	}
	p.defenderAt.set(func(_ http.ResponseWriter, r *http.Request) bool {
		if running.Load() {
			t.Error("Defender is read while a session runs")
		}
		if asked.Add(1) > 1 {
			return false
		}
		running.Store(true) // another begins while the first request is under way
		<-r.Context().Done()
		broken.Add(1)
		running.Store(false)
		return true
	})
	in := p.input("ann@contoso.com")
	in.Report.Filters = map[string]string{"with-risk": "true"}
	in.Report.Columns = []string{"name", "risk"}
	sent, err := p.send(in)
	if err != nil || sent.Rows == 0 || len(p.server.Mails()) != 1 {
		t.Fatalf("got %+v, %v", sent, err)
	}
	if looks.Load() < 4 || broken.Load() != 1 || asked.Load() < 2 {
		t.Errorf("the lane was looked at %d times, the reading broken off %d times, %d requests", looks.Load(), broken.Load(), asked.Load())
	}
}

func TestWhatIsWrongWithAReportIsNotTriedAgain(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	for name, change := range map[string]func(*SendInput){
		"there is no such app": func(in *SendInput) {
			in.Report = saved.Report{Name: "x", Question: saved.Users, Filters: map[string]string{"app": "Nope"}}
		},
		"an unknown filter":         func(in *SendInput) { in.Report.Filters = map[string]string{"owner": "x"} },
		"a column that went away":   func(in *SendInput) { in.Report.Columns = []string{"owner"} },
		"a question nobody answers": func(in *SendInput) { in.Report.Question = "people" },
	} {
		in := p.input("ann@contoso.com")
		change(&in)
		_, err := p.send(in)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || !app.NonRetryable() {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.oomnitzaAt.set(down)
	_, err := p.send(p.input("ann@contoso.com"))
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.NonRetryable() {
		t.Errorf("a tenant that is out: %v", err)
	}
	if len(p.server.Mails()) != 0 {
		t.Error("something was mailed")
	}
}

func TestWithoutAMailServerTheReportSaysWhatToSet(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	p.Mail = nil
	_, err := p.send(p.input("ann@contoso.com"))
	if err == nil || !strings.Contains(err.Error(), "SMTP_HOST") {
		t.Errorf("got %v", err)
	}
}

func TestThresholdsTravelWithTheReport(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	in := p.input("ann@contoso.com")
	in.Report = saved.Report{Name: "idle", Question: saved.Users, Filters: map[string]string{"all-apps": "true", "inactive": "true"}, Subscribers: in.Report.Subscribers}
	whole, err := p.send(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Policy.ActiveThreshold = 5 * saas.Day
	strict, err := p.send(in)
	if err != nil || strict.Rows <= whole.Rows {
		t.Errorf("%d are inactive after five days, %d after sixty; %v", strict.Rows, whole.Rows, err)
	}
}
