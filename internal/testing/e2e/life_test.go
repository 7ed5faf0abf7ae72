package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// notStarted is what run --output json says when it has started nothing.
type notStarted struct {
	Session, Run, Reason string
	Started              bool
}

// queuedSession starts a session that no worker takes up, and gives its run.
func (b *told) queuedSession() notStarted {
	b.t.Helper()
	b.schedule()
	var got notStarted
	b.decode(b.done("run", "--output", "json"), &got)
	return got
}

// ends waits for a session's end.
func (b *told) ends(c client.Client, id, run string) enumspb.WorkflowExecutionStatus {
	b.t.Helper()
	var status enumspb.WorkflowExecutionStatus
	b.until("the session ends", func() bool {
		d, err := c.DescribeWorkflow(b.ctx, id, run)
		if err != nil {
			return false
		}
		status = d.RawResponse.GetWorkflowExecutionInfo().GetStatus()
		return status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	return status
}

func TestASessionThatNoWorkerTakesUpIsNamedAndCancelledSilently(t *testing.T) {
	b := newTold(t, small())
	got := b.queuedSession()
	const waits = "has been waiting for a worker since"
	b.until("the list shows it", func() bool { return strings.Contains(b.done("sessions", "list", "--output", "csv"), got.Session) })
	b.says("the list", b.done("sessions", "list", "--output", "csv"), []string{"Running", waits})
	for _, name := range []string{"running", "latest", got.Session} {
		b.says("show "+name, b.done("sessions", "show", name), []string{got.Session, waits, "check that a defendersync-worker polls"})
	}
	b.until("check warns of it", func() bool {
		return strings.Contains(b.RunCommand(b.ctx, "check", "--output", "json").Out, waits)
	})
	if got := b.checked(1)["Session"]; got.Status != "warning" || !strings.Contains(got.Detail, waits) {
		t.Errorf("check says of the session %+v", got)
	}
	for _, flags := range [][]string{{"--full"}, {"--dry-run"}, {}, {"--full", "--follow"}} {
		b.refused(1, waits, append([]string{"run"}, flags...)...)
	}
	out := b.RunCommand(b.ctx, "sessions", "cancel")
	if out.Code != 0 || !strings.Contains(out.Out, "Cancelled") || !strings.Contains(out.Out, "did nothing") || !strings.Contains(out.Err, "once a worker runs") {
		t.Errorf("cancel ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	b.says("show", b.done("sessions", "show", "running"), []string{"was cancelled before a worker picked it up"})

	b.worker()
	c := b.dial()
	if status := b.ends(c, got.Session, got.Run); status != enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED {
		t.Errorf("it ended as %s", status)
	}
	b.says("show", b.done("sessions", "show", got.Session), []string{"Cancelled", "the session was cancelled before it began and did nothing"})
	if r, _, err := b.RunSession(b.ctx); err != nil || r.Outcome != saas.OutcomeCompleted {
		t.Errorf("the next session: %s %v", r.Outcome, err)
	}
	b.until("the watch has seen the good session", func() bool { return !b.watching(c).LastGood.IsZero() })
	b.once()
}

func TestBesideARunningSessionNothingElseIsStartedAndThatIsSaid(t *testing.T) {
	b := newBench(t, slow())
	b.worker()
	b.schedule()
	var first notStarted
	b.decode(b.done("run", "--output", "json"), &first)
	for _, flags := range [][]string{{"--full"}, {"--full", "--follow"}, {"--dry-run"}} {
		out := b.RunCommand(b.ctx, append([]string{"run", "--output", "json"}, flags...)...)
		var got notStarted
		b.decode(out.Out, &got)
		if out.Code != 1 || got.Started || got.Session != first.Session || !strings.Contains(got.Reason, "has been running since") {
			t.Errorf("run %v ended with %d: %s%s", flags, out.Code, out.Out, out.Err)
		}
		if !strings.Contains(out.Err, "run the command again once that session has ended") {
			t.Errorf("run %v says %s", flags, out.Err)
		}
	}
	b.Sim.SetFaults(simulator.Faults{})
	r, out, err := b.RunSession(b.ctx)
	if err != nil || r.Outcome != saas.OutcomeCompleted || r.Session != first.Session {
		t.Errorf("a plain run follows %s: %v\n%s", r.Session, err, out.Err)
	}
	if r := b.session(saas.OutcomeCompleted, "--full"); r.Session == first.Session || r.Mode != string(saas.ModeFull) {
		t.Errorf("the full session is %+v", r)
	}
}

func TestTwoSessionsThatFailWithinASecondHaveTwoNames(t *testing.T) {
	b := newBench(t, small())
	b.schedule()
	b.worker("DEFENDER_API_KEY=revoked")
	names := map[string]bool{}
	const sessions = 4
	for range sessions {
		r, out, err := b.RunSession(b.ctx)
		if err != nil || r.Outcome != saas.OutcomeFailed {
			t.Fatalf("%s, %v: %s", r.Outcome, err, out.Err)
		}
		names[r.Session] = true
	}
	if len(names) != sessions {
		t.Errorf("%d sessions have the names %v", sessions, names)
	}
}

// freeAddress is one that nothing listens on at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// namespace makes a namespace of the test's own and has the bench live in it.
func (b *bench) namespace(c client.Client) string {
	b.t.Helper()
	name := "ns-" + b.Name
	_, err := c.WorkflowService().RegisterNamespace(b.ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.Env = append(b.Env, "TEMPORAL_NAMESPACE="+name)
	for out := b.RunCommand(b.ctx, "setup"); out.Code != 0; out = b.RunCommand(b.ctx, "setup") { // the server learns of it in a moment
		if b.ctx.Err() != nil {
			b.t.Fatalf("setup: %s", out.Err)
		}
	}
	return name
}

func TestAWorkerWhoseNamespaceIsDeletedIsNotReadyAndEnds(t *testing.T) {
	b := toldOn(t, newBench(t, small()))
	c := b.dial()
	name := b.namespace(c)
	address := freeAddress(t)
	w := b.worker("HEALTH_ADDRESS=" + address)
	ready := func() int {
		ctx, cancel := context.WithTimeout(b.ctx, time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil {
			return 0
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	b.until("the worker is ready", func() bool { return ready() == http.StatusOK })
	if _, err := c.OperatorService().DeleteNamespace(b.ctx, &operatorservice.DeleteNamespaceRequest{Namespace: name}); err != nil {
		t.Fatal(err)
	}
	b.until("the worker is not ready any more", func() bool { return ready() != http.StatusOK })
	if code := w.WaitExit(limit); code != 1 {
		t.Errorf("the worker ended with %d", code)
	}
	said := regexp.MustCompile(`(?m)^defendersync-worker: .*no more work.*there is no namespace "` + name + `".*$`)
	if !said.MatchString(w.ReadLog()) {
		t.Errorf("the worker does not say why:\n%s", w.ReadLog())
	}
}

func TestAWrongKeyIsNamedByWhateverReadsWithIt(t *testing.T) {
	key := func(fill byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32)) }
	b := toldOn(t, newBench(t, small(), append(calm, "PAYLOAD_ENCRYPTION_KEY=k:"+key(7))...))
	b.schedule()
	b.worker()
	r := b.session(saas.OutcomeCompleted)
	b.until("the watch has seen the session", func() bool {
		return strings.Contains(b.RunCommand(b.ctx, "watch", "--output", "json").Out, "lastGood")
	})
	right := b.Env
	for name, wrong := range map[string]string{"none": "", "another": key(9), "another of the same id": "k:" + key(9)} {
		b.Env = append(append([]string{}, right...), "PAYLOAD_ENCRYPTION_KEY="+wrong)
		for _, args := range [][]string{
			{"sessions", "show"}, {"sessions", "show", "--output", "json"}, {"sessions", "list"}, {"sessions", "errors", r.Session},
			{"notifications", "list"}, {"notifications", "read", "--all"}, {"schedule", "show"}, {"watch"}, {"run", "--full"}, {"check"},
		} {
			out := b.RunCommand(b.ctx, args...)
			if out.Code == 0 || !strings.Contains(out.Out+out.Err, "PAYLOAD_ENCRYPTION_KEY") {
				t.Errorf("with key %s, %v ended with %d: %s%s", name, args, out.Code, out.Out, out.Err)
			}
			if strings.Contains(out.Out+out.Err, key(9)) {
				t.Errorf("%v shows the key", args)
			}
		}
	}
	b.Env = right
	b.done("sessions", "show")
}

func TestABadSignalToTheWatchOfARunningSystemKeepsNoNoticeBack(t *testing.T) {
	b := newTold(t, small())
	b.schedule()
	b.worker("DEFENDER_API_KEY=revoked-token-4711")
	c := b.dial()
	for _, signal := range []string{contract.SignalSession, contract.SignalSettings, contract.SignalClaim, contract.SignalSent, contract.SignalRead, contract.SignalRenew} {
		for _, arg := range []any{map[string]any{}, "text", 5, []string{"a"}, nil} {
			if err := c.SignalWorkflow(b.ctx, contract.WatchID(b.Name), "", signal, arg); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r, _, _ := b.RunSession(b.ctx); r.Outcome != saas.OutcomeFailed {
		t.Fatalf("the session ended as %s", r.Outcome)
	}
	b.mailed("The session failed")
	b.once("The session failed")
	if s := b.watching(c); len(s.Sessions) != 0 || len(s.Settings.Contacts) != 1 {
		t.Errorf("the watch knows %+v", s)
	}
}

func TestAScheduleSaysWhichTimeADayDoesNotHave(t *testing.T) {
	b := newBench(t, small())
	skips := regexp.MustCompile(`on Sun 20\d\d-03-\d\d the clock skips 02:30: no session starts`)
	if out := b.done("schedule", "apply", "--cron", "30 2 * * 7", "--timezone", "Europe/Berlin"); !skips.MatchString(out) {
		t.Errorf("apply says %s", out)
	}
	if out := b.done("schedule", "show"); !skips.MatchString(out) || strings.Contains(out, "twice") {
		t.Errorf("show says %s", out)
	}
	var s struct {
		ClockChanges []struct {
			Date, Time string
			Twice      bool
		}
	}
	b.decode(b.done("schedule", "show", "--output", "json"), &s)
	if len(s.ClockChanges) != 1 || s.ClockChanges[0].Time != "02:30" || s.ClockChanges[0].Twice {
		t.Errorf("show tells %+v", s)
	}
	for _, calm := range [][]string{{"--cron", "30 4 * * *", "--timezone", "Europe/Berlin"}, {"--cron", "30 2 * * *", "--timezone", "UTC"}, {"--every", "24h"}} {
		if out := b.done(append([]string{"schedule", "apply"}, calm...)...); strings.Contains(out, "the clock") {
			t.Errorf("%v: apply says %s", calm, out)
		}
	}
	b.says("apply", b.done("schedule", "apply", "--cron", "@weekly", "--timezone", "UTC"), []string{"(@weekly, UTC)"})
	if out := b.done("schedule", "apply", "--cron", "0 0 * * 7", "--timezone", "UTC"); strings.Contains(out, "changed: when") {
		t.Errorf("the same times by other words are a change: %s", out)
	}
}

func TestAPauseIsToldWithItsAgeAndIsAWarningInTheEnd(t *testing.T) {
	b := newBench(t, small())
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	b.done("schedule", "pause", "--reason", "audit week")
	out := b.RunCommand(b.ctx, "watch")
	if out.Code != 0 || !strings.Contains(out.Out, "OK - ") || !strings.Contains(out.Out, "audit week") || strings.Contains(out.Out, "next start") {
		t.Errorf("watch ended with %d: %s", out.Code, out.Out)
	}
	b.edit(func(s *client.Schedule) {
		s.State.Note = contract.PauseNote{By: "ann@desk", Reason: "audit week", From: time.Now().Add(-8 * 24 * time.Hour)}.String()
	})
	out = b.RunCommand(b.ctx, "watch")
	if out.Code != 1 || !strings.Contains(out.Out, "paused for 8 days") || !strings.Contains(out.Out, "may have been forgotten") {
		t.Errorf("watch ended with %d: %s", out.Code, out.Out)
	}
	b.Env = append(b.Env, "INTEGRATION_PAUSE_WARN_AFTER=30d")
	if out = b.RunCommand(b.ctx, "watch"); out.Code != 0 {
		t.Errorf("with more patience it ended with %d: %s", out.Code, out.Out)
	}
}
