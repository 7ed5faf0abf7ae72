package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/xuri/excelize/v2"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// mailed are the settings of workers that mail by a server, and of commands
// that read a file of reports.
func mailed(t *testing.T, server *mailtest.Server, reports string) []string {
	t.Helper()
	s := server.SMTPSettings()
	return []string{
		"SMTP_HOST=" + s.Host, fmt.Sprintf("SMTP_PORT=%d", s.Port), "SMTP_TLS=" + s.TLS, "SMTP_FROM=" + s.From,
		"REPORTS_FILE=" + reportsFile(t, reports),
	}
}

func reportsFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reports.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ok runs a command that is to succeed.
func (b *bench) ok(args ...string) string {
	b.t.Helper()
	out := b.RunCommand(b.ctx, args...)
	if out.Code != 0 {
		b.t.Fatalf("%s ended with %d: %s%s", strings.Join(args, " "), out.Code, out.Out, out.Err)
	}
	return out.Out
}

// until waits for something that is to come.
func (b *bench) until(what string, there func() bool) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatalf("%s did not come", what)
		}
	}
}

const weekly = `
[most-used]
question = "apps"
title = "Most used apps"
top = 3
columns = ["name", "activeUsers"]
subscribers = ["gone@contoso.com", "ann@contoso.com"]
schedule = "every 7d"

[tags]
question = "apps"
with-risk = true
columns = ["name", "tag"]
subscribers = ["ann@contoso.com"]
schedule = "0 7 * * 1"
timezone = "Europe/Berlin"
`

func TestASubscribedReportArrivesAsAWorkbookUntilItIsUnsubscribed(t *testing.T) {
	skipUnlessRecording(t)
	server := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}})
	b := newBench(t, simulator.Options{Apps: 20, People: 40, Pairs: 200, Synced: true})
	b.Env = append(b.Env, mailed(t, server, weekly)...)
	b.worker()
	if out := b.ok("report", "subscribe", "most-used", "--now"); !strings.Contains(out, "most-used: subscribed (every 7d, to gone@contoso.com, ann@contoso.com)") {
		t.Errorf("subscribe said %s", out)
	}
	b.until("the mail", func() bool { return len(server.ListMails()) > 0 })
	mail := server.ListMails()[0]
	if mail.To[0] != "ann@contoso.com" {
		t.Errorf("mailed to %v", mail.To)
	}
	parsed := mail.ParseMail(t)
	book, err := excelize.OpenReader(bytes.NewReader(parsed.Attachments["most-used.xlsx"]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 4 || parsed.GetHeader("Subject") != "Most used apps (3 rows)" {
		t.Errorf("subject %q, rows %v, %v", parsed.GetHeader("Subject"), rows, err)
	}
	held := b.Sim.Holdings().SaaS
	for _, row := range rows[1:] {
		if app := held[row[0]]; fmt.Sprint(app.Visited) != row[1] {
			t.Errorf("%v is not what Oomnitza holds: %+v", row, app)
		}
	}
	b.until("the outcome", func() bool { return strings.Contains(b.ok("report", "subscribe", "--list"), "failed: see") }) // for gone@
	if out := b.ok("report", "subscribe", "--all"); !strings.Contains(out, "most-used: unchanged") || !strings.Contains(out, "tags: subscribed (0 7 * * 1 (Europe/Berlin)") {
		t.Errorf("subscribe --all said %s", out)
	}
	b.Env = append(b.Env, "REPORTS_FILE="+reportsFile(t, strings.Replace(weekly, "top = 3", "top = 4", 1)))
	if out := b.ok("report", "subscribe", "--all"); !strings.Contains(out, "most-used: updated") || !strings.Contains(out, "tags: unchanged") {
		t.Errorf("after a change subscribe said %s", out)
	}
	if out := b.ok("report", "unsubscribe", "--all"); strings.Count(out, "unsubscribed") != 2 {
		t.Errorf("unsubscribe said %s", out)
	}
	b.until("an empty list", func() bool { return !strings.Contains(b.ok("report", "subscribe", "--list"), "most-used") })
}

func TestAWorkerThatEndsAmongTheMailsSendsNoneTwice(t *testing.T) {
	for name, end := range map[string]func(*harness.Process, func()){
		"killed":       func(w *harness.Process, answer func()) { w.KillAndWait(); answer() },
		"told to stop": func(w *harness.Process, answer func()) { answer(); w.TerminateAndWait() },
	} {
		t.Run(name, func(t *testing.T) {
			reached, release := make(chan struct{}), make(chan struct{})
			first := sync.OnceFunc(func() { close(reached); <-release })
			server := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
				if !strings.HasPrefix(to, "bob") || closed(reached) {
					return nil
				}
				first()
				return &smtp.SMTPError{Code: 451, Message: "later"}
			}})
			b := newBench(t, simulator.Options{Apps: 20, People: 40, Pairs: 200, Synced: true}, "INTEGRATION_HEARTBEAT=4s")
			b.Env = append(b.Env, mailed(t, server, strings.Replace(weekly, `"gone@contoso.com", "ann@contoso.com"`,
				`"ann@contoso.com", "bob@contoso.com", "cat@contoso.com"`, 1))...)
			w := b.worker()
			b.ok("report", "subscribe", "most-used", "--now")
			b.until("bob's turn", func() bool { return closed(reached) })
			end(w, func() { close(release) })
			b.worker()
			b.until("the outcome", func() bool { return strings.Contains(b.ok("report", "subscribe", "--list"), " sent ") })
			got := map[string]int{}
			for _, m := range server.ListMails() {
				got[strings.Join(m.To, ",")]++
			}
			if want := map[string]int{"ann@contoso.com": 1, "bob@contoso.com": 1, "cat@contoso.com": 1}; !maps.Equal(got, want) {
				t.Errorf("mailed to %v", got)
			}
		})
	}
}

// closed reports whether a channel is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestAReportThatReadsDefenderComesAfterTheSessionThatRuns(t *testing.T) {
	server := mailtest.StartServer(t, mailtest.Options{})
	b := newBench(t, simulator.Options{Apps: 20, People: 40, Pairs: 200})
	b.Env = append(b.Env, mailed(t, server, weekly)...)
	b.worker()
	b.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: 200 * time.Millisecond}})
	session, err := b.StartCommand("run", "--follow", "--output", "json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.until("the session", func() bool {
		_, err := c.DescribeWorkflow(b.ctx, contract.SyncID(b.Name), "")
		return err == nil
	})
	b.ok("report", "subscribe", "tags", "--now")
	b.until("the session's end", func() bool { return !session.IsRunning() })
	b.until("the mail", func() bool { return len(server.ListMails()) > 0 })
	if _, ok := server.ListMails()[0].ParseMail(t).Attachments["tags.xlsx"]; !ok {
		t.Error("the mail has no workbook")
	}
	lane, err := c.DescribeWorkflow(b.ctx, contract.SyncID(b.Name), "")
	if err != nil {
		t.Fatal(err)
	}
	ended := lane.RawResponse.GetWorkflowExecutionInfo().GetCloseTime()
	made := b.closed(c, contract.WorkflowReport)
	if ended == nil || !made.After(ended.AsTime()) {
		t.Errorf("the report was made at %s, the session ended at %v", made, ended)
	}
}

// closed waits for the end of the integration's one workflow of a type.
func (b *bench) closed(c client.Client, kind string) (at time.Time) {
	b.t.Helper()
	b.until("the end of a "+kind, func() bool {
		list, err := c.ListWorkflow(b.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = '%s' AND %s = '%s'", kind, contract.AttrIntegration, b.Name),
		})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, w := range list.GetExecutions() {
			if w.GetCloseTime() != nil {
				at = w.GetCloseTime().AsTime()
			}
		}
		return !at.IsZero()
	})
	return at
}

func TestADashboardIsDrawnFromWhatIsThere(t *testing.T) {
	b := newBench(t, simulator.Options{Apps: 20, People: 40, Pairs: 200})
	b.worker()
	result, _, err := b.RunSession(b.ctx)
	if err != nil || result.Outcome != saas.OutcomeCompleted {
		t.Fatalf("%+v, %v", result.Outcome, err)
	}
	file := filepath.Join(t.TempDir(), "x.html")
	b.until("a session in the list", func() bool {
		b.ok("report", "dashboard", "--live", "--file", file)
		page, err := os.ReadFile(file)
		return err == nil && bytes.Contains(page, []byte("1 session since"))
	})
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"integration <strong>" + b.Name, "1 completed", fmt.Sprintf(`data-label="Users added">%d</td>`, result.Counts.Users.Added), "read live from Defender"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %s", want)
		}
	}
	down := b.RunWith(b.ctx, append(b.Env, "TEMPORAL_ADDRESS=127.0.0.1:1"), "report", "dashboard", "--file", file)
	if page, _ = os.ReadFile(file); down.Code != 0 || !bytes.Contains(page, []byte("Temporal is not available")) {
		t.Errorf("without Temporal it ended with %d: %s", down.Code, down.Err)
	}
	if out := b.RunCommand(b.ctx, "report", "dashboard", "--file", filepath.Join(t.TempDir(), "none", "x.html")); out.Code != 1 {
		t.Errorf("a folder that isn't there: %d, %s", out.Code, out.Err)
	}
}

// TestRecordReport records the replay fixture of a Report; see
// TestRecordHistories.
func TestRecordReport(t *testing.T) {
	skipUnlessRecording(t)
	server := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}})
	for name, subscribers := range map[string][]string{"report": {"ann@contoso.com"}, "report-not-delivered": {"ann@contoso.com", "gone@contoso.com"}} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t, name, simulator.Options{Apps: 12, People: 60, Pairs: 150, Synced: true})
			r.worker(mailed(t, server, "")...)
			var err error
			r.last, err = r.temporal.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: contract.ReportID(r.Name, "top"), TaskQueue: contract.TaskQueue(r.Name)},
				contract.WorkflowReport, contract.ReportParams{Integration: r.Name, Policy: saas.Policy{Heartbeat: 2 * time.Second},
					Report: contract.Report{Name: "top", Question: contract.QuestionApps, Filters: map[string]string{"top": "3"}, Subscribers: subscribers, Schedule: "every 7d"}})
			if err != nil {
				t.Fatal(err)
			}
			_ = r.last.Get(r.ctx, nil) // one of them fails, as it should
			r.write(name+".json", r.history(r.last.GetID(), r.last.GetRunID()))
		})
	}
}
