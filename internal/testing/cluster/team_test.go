package cluster

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

const (
	// heartbeat is the tests' heartbeat time-out.
	heartbeat = 5 * time.Second
	// soon is within what a takeover may take beyond it: the pause before the next
	// attempt, and a busy machine.
	soon = 15 * time.Second
	// longestTakeover bounds a takeover from a worker whose connections are not closed:
	// Temporal offers the work to its open polls, too, until these end after a minute,
	// and waits for the heartbeat time-out each time.
	longestTakeover = time.Minute + heartbeat + soon
	// testLimit only keeps a hung test from lasting for ever.
	testLimit = 20 * time.Minute
	// look is how often the tests look.
	look = 20 * time.Millisecond
)

// team is an integration with its workers.
type team struct {
	*harness.Integration
	t       *testing.T
	ctx     context.Context
	temp    client.Client
	oracle  *oracle.Oracle
	workers []*Worker // that live
	hired   []*Worker // ever
	session chan contract.SessionResult
	ran     int // sessions
	began   time.Time
	story   []string
}

// newTeam makes an integration with two workers.
func newTeam(ctx context.Context, t *testing.T, name string, o simulator.Options) *team {
	t.Helper()
	in := run.NewNamedIntegration(name, o, "INTEGRATION_HEARTBEAT="+heartbeat.String(), "DEFENDER_REQUESTS_PER_MINUTE="+strconv.Itoa(o.Budget))
	t.Cleanup(in.Close)
	c, err := run.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	m := &team{Integration: in, t: t, ctx: ctx, temp: c, oracle: oracle.New(in.Sim), began: time.Now()}
	if out := in.RunCommand(ctx, "schedule", "apply"); out.Code != 0 {
		t.Fatalf("schedule apply ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	return m
}

// addWorker starts a worker that lasts as long as the test.
func (m *team) addWorker(settings ...string) *Worker {
	m.t.Helper()
	w, err := run.StartTeamWorker(m.Integration, settings...)
	if err != nil {
		m.t.Fatal(err)
	}
	m.keepWorker(w)
	return w
}

func (m *team) keepWorker(w *Worker) {
	m.workers, m.hired = append(m.workers, w), append(m.hired, w)
	m.t.Cleanup(func() {
		w.End()
		if m.t.Failed() {
			m.t.Logf("%s, worker %d:\n%s", m.Name, w.PID(), w.ReadLog())
		}
	})
}

// keepSession starts a session unless one is under way.
func (m *team) keepSession() {
	m.t.Helper()
	select {
	case r := <-m.session:
		if r.Outcome != saas.OutcomeCompleted {
			m.t.Fatalf("%s: a session ended as %+v", m.Name, r)
		}
	default:
		if m.session != nil {
			return
		}
	}
	m.startSession()
}

// startSession runs a session beside the test.
func (m *team) startSession(flags ...string) {
	m.ran++
	m.tell("session %d", m.ran)
	done := make(chan contract.SessionResult, 1)
	m.session = done
	go func() {
		r, out, err := m.RunSession(m.ctx, flags...)
		if err != nil && m.ctx.Err() == nil {
			m.t.Errorf("%s: the session: %v\n%s", m.Name, err, out.Err)
		}
		done <- r
	}()
}

// awaitSession waits for the end of the session under way.
func (m *team) awaitSession() {
	m.t.Helper()
	select {
	case r := <-m.session:
		if r.Outcome != saas.OutcomeCompleted {
			m.t.Fatalf("%s: a session ended as %+v", m.Name, r)
		}
	case <-m.ctx.Done():
		m.t.Fatalf("%s: the session does not end", m.Name)
	}
	m.session = nil
}

// servedPages counts the pages of users that Defender has served.
func (m *team) servedPages() int {
	n := 0
	for _, p := range m.Sim.Requests().Pages {
		if p.App != "" {
			n += p.Served
		}
	}
	return n
}

// awaitPages waits until n more pages of users are served. Sessions that end
// meanwhile are followed by others.
func (m *team) awaitPages(n int) {
	m.t.Helper()
	from := m.servedPages()
	m.await("pages of users", testLimit, func() bool {
		m.keepSession()
		return m.servedPages() >= from+n
	})
}

// await waits until something is so.
func (m *team) await(what string, limit time.Duration, so func() bool) {
	m.t.Helper()
	until := time.Now().Add(limit)
	for !so() {
		if time.Now().After(until) || m.ctx.Err() != nil {
			m.t.Fatalf("%s: waited in vain for %s", m.Name, what)
		}
		time.Sleep(look)
	}
}

// findHolder waits until a worker has users of apps in hand.
func (m *team) findHolder() (holder, other *Worker, task Task) {
	m.t.Helper()
	m.await("a worker at work", testLimit, func() bool {
		m.keepSession()
		found, ok := FindTask(m.ctx, m.temp, m.Name)
		if !ok || found.Activity != contract.ActivitySyncUsage {
			return false
		}
		i := slices.IndexFunc(m.workers, func(w *Worker) bool { return w.PID() == found.PID })
		if i < 0 || len(m.workers) != 2 {
			return false
		}
		holder, other, task = m.workers[i], m.workers[1-i], found
		m.tell("worker %d has the work", holder.PID())
		return true
	})
	return holder, other, task
}

// awaitTakeover waits until another worker has taken the session over, and tells
// how long after a time that was. The lane may have moved on meanwhile.
func (m *team) awaitTakeover(from *Worker, since time.Time) time.Duration {
	m.t.Helper()
	took := time.Duration(0)
	m.await("another worker to take over", testLimit, func() bool {
		m.keepSession()
		task, ok := FindTask(m.ctx, m.temp, m.Name)
		took = time.Since(since)
		return ok && task.PID != from.PID()
	})
	m.tell("taken over after %s", took)
	return took
}

// compare expects Oomnitza to hold what it should, and nothing else.
func (m *team) compare() {
	m.t.Helper()
	if found := m.oracle.FindDifferences(m.Sim); len(found) > 0 {
		m.t.Errorf("%s: %d differences from the oracle, the first:\n%s", m.Name, len(found), oracle.JoinTexts(found))
	}
}
