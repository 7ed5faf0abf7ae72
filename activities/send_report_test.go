package activities

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/ratelimit"
	"defendersync/internal/reporting/mailing"
	"defendersync/internal/reporting/query"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// press is a rig that makes reports and mails them to a mail server.
type press struct {
	*rig
	Reports
	server *mailtest.Server
	stop   chan struct{}               // closed when the worker is told to stop; nil: never
	left   contract.SendReportProgress // what an attempt that failed left for the next one
}

func newPress(t *testing.T, o mailtest.Options) *press {
	t.Helper()
	r := newRig(t, simulator.Options{Apps: 40, People: 80, Pairs: 600, Synced: true})
	server := mailtest.StartServer(t, o)
	channels, err := notify.OpenChannels(server.SMTPSettings(), config.Notify{})
	if err != nil {
		t.Fatal(err)
	}
	return &press{rig: r, server: server, Reports: Reports{
		Mailer: mailing.Mailer{
			Source: query.Source{Oomnitza: r.oomnitza, Defender: r.defender, Now: r.sim.Now, Backoff: ratelimit.Backoff{Base: time.Millisecond}},
			Mail:   channels, From: server.SMTPSettings().From, FirstPause: time.Millisecond, SessionEvery: time.Millisecond,
		},
		Temporal: temporalStub{}, Busy: func(context.Context, string) (bool, error) { return false, nil },
	}}
}

// input is the report of the most used apps to these subscribers.
func (p *press) input(subscribers ...string) contract.SendReportParams {
	return contract.SendReportParams{
		Integration: "contoso", Policy: p.policy, Key: "report/contoso/top run-1", At: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), Lane: "sync/contoso",
		Report: contract.Report{Name: "top", Question: contract.QuestionApps, Title: "Most used apps", Filters: map[string]string{"top": "3"},
			Columns: []string{"name", "activeUsers"}, Subscribers: subscribers, Schedule: "every 7d"},
	}
}

// send runs the activity once, after an attempt that had mailed to some.
func (p *press) send(in contract.SendReportParams, before ...string) (contract.SendReportResult, error) {
	p.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	if len(before) > 0 {
		env.SetHeartbeatDetails(contract.SendReportProgress{Mailed: before})
	}
	env.SetWorkerOptions(keeping(p.t.Context(), func(details any) { p.left = details.(contract.SendReportProgress) }))
	if p.stop != nil {
		env.SetWorkerStopChannel(p.stop)
	}
	p.Reports.Register(env)
	var out contract.SendReportResult
	v, err := env.ExecuteActivity(contract.ActivitySendReport, in)
	if err == nil {
		err = v.Get(&out)
	}
	return out, err
}

func TestSendReportGivesBackWhomTheReportReached(t *testing.T) {
	p := newPress(t, mailtest.Options{OnRcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}})
	sent, err := p.send(p.input("ann@contoso.com", "gone@contoso.com"))
	if err != nil || sent.Rows != 3 || len(sent.Mailed) != 1 || sent.Mailed[0] != "ann@contoso.com" || len(sent.Unmailed) != 1 || sent.Unmailed[0].To != "gone@contoso.com" {
		t.Errorf("got %+v, %v", sent, err)
	}
}

func TestAReportThatReadsDefenderAsksForTheLane(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	var lanes []string
	p.Busy = func(_ context.Context, lane string) (bool, error) {
		lanes = append(lanes, lane)
		return len(lanes) < 2, nil
	}
	in := p.input("ann@contoso.com")
	in.Report.Filters = map[string]string{"with-risk": "true"}
	if sent, err := p.send(in); err != nil || sent.Rows == 0 || len(lanes) < 2 || lanes[0] != "sync/contoso" {
		t.Errorf("got %+v, %v, asked for lanes %v", sent, err, lanes)
	}
}

func TestAnotherAttemptLeavesOutWhoHasTheReport(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	in := p.input("ann@contoso.com", "bob@contoso.com")
	sent, err := p.send(in, "ann@contoso.com")
	if err != nil || len(p.server.ListMails()) != 1 || p.server.ListMails()[0].To[0] != "bob@contoso.com" || len(sent.Mailed) != 2 {
		t.Errorf("got %+v, %v, %d mails", sent, err, len(p.server.ListMails()))
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
	mailed := len(p.server.ListMails())
	if len(p.left.Mailed) != mailed || mailed == 0 || p.left.Mailed[0] != "ann@contoso.com" {
		t.Fatalf("%d were mailed, it left %+v", mailed, p.left)
	}
	p.stop = nil
	in.Report.Subscribers = []string{"ann@contoso.com", "cat@contoso.com"}
	if _, err := p.send(in, p.left.Mailed...); err != nil || len(p.server.ListMails()) != 2 {
		t.Errorf("%d mails, %v", len(p.server.ListMails()), err)
	}
}

func TestWhatIsWrongWithAReportIsNotTriedAgain(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	for name, change := range map[string]func(*contract.SendReportParams){
		"there is no such app": func(in *contract.SendReportParams) {
			in.Report = contract.Report{Name: "x", Question: contract.QuestionUsers, Filters: map[string]string{"app": "Nope"}}
		},
		"an unknown filter":         func(in *contract.SendReportParams) { in.Report.Filters = map[string]string{"owner": "x"} },
		"a column that went away":   func(in *contract.SendReportParams) { in.Report.Columns = []string{"owner"} },
		"a question nobody answers": func(in *contract.SendReportParams) { in.Report.Question = "people" },
	} {
		in := p.input("ann@contoso.com")
		change(&in)
		_, err := p.send(in)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || !app.NonRetryable() {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.oomnitzaAt.Post(sandbox.AnswerDown)
	_, err := p.send(p.input("ann@contoso.com"))
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.NonRetryable() {
		t.Errorf("a tenant that is out: %v", err)
	}
	if len(p.server.ListMails()) != 0 {
		t.Error("something was mailed")
	}
}

func TestWithoutAMailServerTheReportSaysWhatToSet(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	p.Mailer.Mail = nil
	_, err := p.send(p.input("ann@contoso.com"))
	if err == nil || !strings.Contains(err.Error(), "SMTP_HOST") {
		t.Errorf("got %v", err)
	}
}
