package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// told is a bench whose contact has a mailbox on a real mail server, and whose
// timers are of seconds.
type told struct {
	*bench
	mail *mailtest.Server
}

const contact = "ann@contoso.com"

// calm settings let nothing become due but what a test makes due.
var calm = []string{"INTEGRATION_STALL_AFTER=1h", "INTEGRATION_NO_PROGRESS=1h", "INTEGRATION_MISSED_GRACE=2s", "INTEGRATION_WATCH_EVERY=1s"}

func newTold(t *testing.T, o simulator.Options, settings ...string) *told {
	t.Helper()
	return toldOn(t, newBench(t, o, append(slices.Clone(calm), settings...)...))
}

func toldOn(t *testing.T, b *bench) *told {
	t.Helper()
	m := mailtest.StartServer(t, mailtest.Options{})
	b.Env = append(b.Env, "INTEGRATION_CONTACTS="+contact, "SMTP_HOST=127.0.0.1", "SMTP_PORT="+strconv.Itoa(m.Port), "SMTP_TLS=none",
		"SMTP_FROM=defendersync@contoso.com", "TEMPORAL_UI_URL=http://temporal.example:8233")
	return &told{bench: b, mail: m}
}

// subjects are those of the mails that came.
func (b *told) subjects() []string {
	var out []string
	if b.mail == nil {
		return out
	}
	for _, m := range b.mail.ListMails() {
		out = append(out, m.ParseMail(b.t).GetHeader("Subject"))
	}
	return out
}

// until waits for something to become true.
func (b *told) until(what string, is func() bool) {
	b.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatalf("waited in vain: %s; mails:\n%s\nschedule: %s", what, strings.Join(b.subjects(), "\n"), b.RunCommand(b.t.Context(), "watch", "--notify=false", "--output", "json").Out+b.RunCommand(b.t.Context(), "notifications", "list").Out+b.RunCommand(b.t.Context(), "sessions", "list").Out)
		}
	}
}

// mailed waits for a mail about something.
func (b *told) mailed(about string) mailtest.Parsed {
	b.t.Helper()
	var found mailtest.Parsed
	b.until("a mail about "+about, func() bool {
		for _, m := range b.mail.ListMails() {
			if p := m.ParseMail(b.t); strings.Contains(p.GetHeader("Subject"), about) {
				found = p
				return true
			}
		}
		return false
	})
	return found
}

// once makes sure that nothing was mailed twice, and nothing but what was
// expected.
func (b *told) once(about ...string) {
	b.t.Helper()
	got := b.subjects()
	if len(got) != len(about) {
		b.t.Errorf("%d mails came, not %d:\n%s", len(got), len(about), strings.Join(got, "\n"))
	}
	for _, a := range about {
		n := 0
		for _, s := range got {
			if strings.Contains(s, a) {
				n++
			}
		}
		if n != 1 {
			b.t.Errorf("%d mails about %q:\n%s", n, a, strings.Join(got, "\n"))
		}
	}
}

// notices lists the in-app notices.
func (b *told) notices() []contract.Notice {
	b.t.Helper()
	out := b.RunCommand(b.ctx, "notifications", "list", "--output", "json")
	var list []contract.Notice
	if err := harness.DecodeData(out.Out, &list); err != nil && b.ctx.Err() == nil {
		b.t.Fatalf("notifications list ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	return list
}

// watching is what the Watch workflow knows. It takes a worker to answer.
func (b *told) watching(c client.Client) contract.Watched {
	var s contract.WatchState
	if v, err := c.QueryWorkflow(b.ctx, contract.WatchID(b.Name), "", contract.QueryWatch); err == nil {
		_ = v.Get(&s) // asked again until it answers
	}
	return s.Watch
}

// knows waits until the Watch workflow knows of a start to come.
func (b *told) knows(c client.Client, at time.Time) {
	b.t.Helper()
	b.until("the watch knows of the start", func() bool {
		return slices.ContainsFunc(b.watching(c).Starts, func(p contract.PlannedStart) bool { return p.At.Equal(at) })
	})
}

// startIn has the schedule start its next session after a pause, or after a
// longer one where the machine is too busy to have it edited before.
func (b *told) startIn(c client.Client, pause time.Duration) time.Time {
	b.t.Helper()
	for {
		at := time.Now().Add(pause).Truncate(time.Second).Add(time.Second).UTC()
		b.edit(func(s *client.Schedule) {
			const period = 24 * time.Hour
			s.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: period, Offset: at.Sub(at.Truncate(period))}}}
		})
		if time.Now().Before(at) || b.ctx.Err() != nil {
			return at
		}
		pause *= 2
	}
}

func (b *told) dial() client.Client {
	b.t.Helper()
	c, err := b.DialClient()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(c.Close)
	return c
}

// slow makes sessions last until they are told otherwise.
func slow() simulator.Options {
	o := small()
	o.Faults = simulator.Faults{Defender: simulator.PeerFaults{Latency: 1500 * time.Millisecond}}
	return o
}

func TestAFailedSessionIsToldByMailWebhookAndInTheAppAndThenThatAllIsWell(t *testing.T) {
	var mu sync.Mutex
	var posted []map[string]any
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var v map[string]any
		_ = json.Unmarshal(body, &v)
		mu.Lock()
		defer mu.Unlock()
		posted = append(posted, v)
	}))
	defer hook.Close()
	b := newTold(t, small(), "NOTIFY_WEBHOOK_URL="+hook.URL+"/secret-path")
	b.schedule()
	bad := b.worker("DEFENDER_API_KEY=revoked-token-4711")
	if r, _, _ := b.RunSession(b.ctx); r.Outcome != saas.OutcomeFailed {
		t.Fatalf("the session ended as %s", r.Outcome)
	}
	p := b.mailed("The session failed")
	for part, text := range map[string]string{"text": p.Text, "HTML": p.HTML} {
		for _, want := range []string{b.Name, "HTTP 401", "http://temporal.example:8233/namespaces/default/workflows/session", "defendersync check"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s part lacks %q:\n%s", part, want, text)
			}
		}
		if strings.Contains(text, "revoked-token-4711") || strings.Contains(text, "secret-path") {
			t.Errorf("the %s part shows a secret", part)
		}
	}
	list := b.notices()
	if len(list) != 1 || list[0].Kind != contract.NoticeFailed || list[0].Read {
		t.Fatalf("in the app: %+v", list)
	}
	if out := b.RunCommand(b.ctx, "watch"); out.Code != 2 || !strings.Contains(out.Out, "DEFENDERSYNC CRITICAL") {
		t.Errorf("watch ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	if out := b.RunCommand(b.ctx, "notifications", "read", list[0].Key); out.Code != 0 || !strings.Contains(out.Out, "HTTP 401") {
		t.Errorf("read ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	b.until("the notice is read", func() bool { return b.notices()[0].Read })

	bad.KillAndWait()
	b.worker()
	b.bench.session(saas.OutcomeCompleted)
	b.mailed("Sessions complete again")
	b.once("The session failed", "Sessions complete again")
	if out := b.RunCommand(b.ctx, "watch"); out.Code != 0 || !strings.Contains(out.Out, "DEFENDERSYNC OK") {
		t.Errorf("watch ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	b.until("both notices were posted", func() bool { mu.Lock(); defer mu.Unlock(); return len(posted) == 2 })
}

func TestAStalledSessionIsToldOnceThoughItsWorkerIsKilledAcrossTheMoment(t *testing.T) {
	b := newTold(t, slow(), "INTEGRATION_STALL_AFTER=6s")
	b.schedule()
	w := b.worker()
	done := b.following()
	b.userPages(1, done)
	w.KillAndWait()
	time.Sleep(6 * time.Second) // the moment itself: what is due passes while nobody is there
	if got := b.subjects(); len(got) > 0 {
		t.Fatalf("somebody told without a worker: %v", got)
	}
	b.worker()
	b.mailed("has not completed")
	b.Sim.SetFaults(simulator.Faults{})
	if r := <-done; r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %s: %s", r.Outcome, r.Error)
	}
	b.mailed("completed after all")
	b.once("has not completed", "completed after all")
}

func TestASessionThatHangsIsToldAndThenThatItGetsOn(t *testing.T) {
	b := newTold(t, slow(), "INTEGRATION_NO_PROGRESS=10s", "DEFENDER_TIMEOUT=3s", "INTEGRATION_HEARTBEAT=3s")
	b.schedule()
	b.worker()
	done := b.following()
	b.userPages(8, done)
	b.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{ServerErrors: 1}})
	p := b.mailed("has made no progress")
	if !strings.Contains(p.Text, "50") { // the status that it is waiting out
		t.Errorf("the mail does not say what holds it up:\n%s", p.Text)
	}
	b.Sim.SetFaults(simulator.Faults{})
	if r := <-done; r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %s: %s", r.Outcome, r.Error)
	}
	// Whether a look comes between getting on and completing is left to chance; one
	// piece of good news comes in either case.
	good := func() (n int) {
		for _, s := range b.subjects() {
			if strings.Contains(s, "making progress again") || strings.Contains(s, "completed after all") {
				n++
			}
		}
		return n
	}
	b.until("good news", func() bool { return good() > 0 })
	if n := good(); n != 1 {
		t.Errorf("%d pieces of good news: %q", n, b.subjects())
	}
	for _, s := range b.subjects() {
		if strings.Contains(s, "failed") || strings.Contains(s, "has not completed") {
			t.Errorf("told as well: %s", s)
		}
	}
}

func TestASessionTerminatedWhileNoWorkerIsAliveIsToldOnceOneIs(t *testing.T) {
	b := newTold(t, slow())
	b.schedule()
	w := b.worker()
	done := b.following()
	b.userPages(1, done)
	c := b.dial()
	id := b.runningSession(c)
	w.KillAndWait()
	if err := c.TerminateWorkflow(b.ctx, id, "", "maintenance"); err != nil {
		t.Fatal(err)
	}
	<-done
	b.worker()
	p := b.mailed("was terminated")
	if !strings.Contains(p.Text, "maintenance") {
		t.Errorf("the mail does not say why:\n%s", p.Text)
	}
	b.once("was terminated")
}

func TestAStartThatNoWorkerPicksUpIsToldOnceOneComes(t *testing.T) {
	b := newTold(t, small())
	b.schedule()
	w := b.worker()
	c := b.dial()
	b.until("the watch looks", func() bool { return !b.watching(c).Schedule.Created.IsZero() })
	w.KillAndWait()
	at := b.startIn(c, 2*time.Second)
	time.Sleep(time.Until(at.Add(5 * time.Second))) // the moment and its grace pass while nobody is there
	b.worker()
	b.mailed("No worker picked up")
	b.mailed("Sessions complete again")
	b.once("No worker picked up", "Sessions complete again")
}

func TestPausedEditedDeletedAndMadeAgain(t *testing.T) {
	b := newTold(t, small())
	b.schedule()
	b.worker()
	c := b.dial()
	h := c.ScheduleClient().GetHandle(b.ctx, b.Name)

	b.startIn(c, time.Hour) // an edit alone is silent
	b.done("schedule", "pause", "--reason", "audit")
	at := b.startIn(c, time.Second)
	b.until("a start in a pause on purpose passed", func() bool { return time.Now().After(at.Add(5 * time.Second)) })
	b.done("schedule", "resume")
	b.once()

	if err := h.Pause(b.ctx, client.SchedulePauseOptions{Note: "Paused via web UI"}); err != nil {
		t.Fatal(err)
	}
	b.startIn(c, time.Second)
	p := b.mailed("No session ran at")
	if !strings.Contains(p.Text, "Paused via web UI") {
		t.Errorf("the mail does not say why:\n%s", p.Text)
	}
	if err := h.Unpause(b.ctx, client.ScheduleUnpauseOptions{Note: "Unpaused via web UI"}); err != nil {
		t.Fatal(err)
	}
	b.startIn(c, time.Second)
	b.mailed("Sessions complete again")
	b.once("No session ran at", "Sessions complete again")

	at = b.startIn(c, 20*time.Second)
	b.knows(c, at)
	if err := h.Delete(b.ctx); err != nil {
		t.Fatal(err)
	}
	b.until("the deletion is told", func() bool { return len(b.subjects()) == 3 })
	if n := b.notices()[0]; !strings.Contains(n.Cause, "deleted") || !n.Since.Equal(at) {
		t.Errorf("told of the deletion: %+v", n)
	}
	b.schedule()
	b.startIn(c, time.Second)
	b.until("sessions run again", func() bool { return len(b.subjects()) == 4 })
	if n := b.notices()[0]; n.Kind != contract.NoticeRecovered {
		t.Errorf("told last: %+v", n)
	}
}

func TestWhileTheMailServerIsDownTheNoticeWaits(t *testing.T) {
	b := newTold(t, small())
	b.mail.Close()
	b.schedule()
	b.worker("DEFENDER_API_KEY=revoked-token-4711")
	if r, _, _ := b.RunSession(b.ctx); r.Outcome != saas.OutcomeFailed {
		t.Fatalf("the session ended as %s", r.Outcome)
	}
	b.until("the failed delivery is shown", func() bool {
		return strings.Contains(b.RunCommand(b.ctx, "notifications", "list").Err, "not delivered by email "+contact)
	})
	b.mail.OpenPort(t)
	b.mailed("The session failed")
	b.until("nothing is pending", func() bool { return b.RunCommand(b.ctx, "notifications", "list").Err == "" })
	b.once("The session failed")
}

func TestWithoutAnyWorkerTheWatchCommandTellsOnce(t *testing.T) {
	b := newTold(t, small())
	b.schedule()
	c := b.dial()
	at := b.startIn(c, time.Second)
	var all sync.WaitGroup
	outputs := make([]harness.Output, 3)
	b.until("the start and its grace passed, and the watch is late", func() bool { return time.Now().After(at.Add(15 * time.Second)) })
	for round := 0; round < 3 || len(b.subjects()) == 0 && b.ctx.Err() == nil; round++ { // on a slow machine the session may begin late
		for i := range outputs { // several hosts at the same moment
			all.Go(func() { outputs[i] = b.RunCommand(b.ctx, "watch", "--patience", "1s") })
		}
		all.Wait()
		for _, out := range outputs {
			if out.Code != 2 || strings.Count(out.Out, "\n") != 1 || !strings.Contains(out.Out, "no worker is polling") {
				t.Errorf("watch ended with %d: %s%s", out.Code, out.Out, out.Err)
			}
		}
	}
	p := b.mailed("No worker picked up")
	if !strings.Contains(p.Text, "Start a defendersync-worker") {
		t.Errorf("the mail does not say what to do:\n%s", p.Text)
	}
	b.once("No worker picked up")
	if list := b.notices(); len(list) != 1 || list[0].Kind != contract.NoticeMissed {
		t.Errorf("in the app: %+v", list)
	}
	b.worker()
	b.mailed("Sessions complete again")
	b.once("No worker picked up", "Sessions complete again")
}

func TestWithAKeyNothingOfANoticeStandsInClear(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	b := newTold(t, small(), "PAYLOAD_ENCRYPTION_KEY="+key)
	b.schedule()
	b.worker("DEFENDER_API_KEY=revoked-token-4711")
	if r, _, _ := b.RunSession(b.ctx); r.Outcome != saas.OutcomeFailed {
		t.Fatalf("the session ended as %s", r.Outcome)
	}
	b.mailed("The session failed")
	b.until("the command reads the notice", func() bool { return len(b.notices()) == 1 })
	c := b.dial()
	d, err := c.DescribeWorkflow(b.ctx, contract.WatchID(b.Name), "")
	if err != nil {
		t.Fatal(err)
	}
	text := d.RawResponse.String()
	events := c.GetWorkflowHistory(b.ctx, contract.WatchID(b.Name), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		text += e.String()
	}
	for _, clear := range []string{contact, "HTTP 401", "The session failed"} {
		if strings.Contains(text, clear) {
			t.Errorf("the watch's history shows %q", clear)
		}
	}
}
