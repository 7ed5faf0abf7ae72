package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// histories is where package workflows has its replay fixtures.
const histories = "../../../workflows/testdata/histories"

// TestRecordHistories records the replay fixtures anew. It runs only when it is
// asked to, with RECORD_HISTORIES=1, and only on what is released: the fixtures
// stand for the sessions that are under way when a worker is replaced.
func TestRecordHistories(t *testing.T) {
	if os.Getenv("RECORD_HISTORIES") != "1" {
		t.Skip("records fixtures, only with RECORD_HISTORIES=1")
	}
	for name, scene := range map[string]func(*recorder){
		"full": func(r *recorder) {
			r.worker()
			r.wait(r.start(nil))
		},
		"increment-with-retries": func(r *recorder) {
			r.worker()
			r.Sim.SetFaults(simulator.Faults{RefuseAssign: 0.05, BadUsers: 0.02})
			first := r.wait(r.start(nil))
			r.Sim.SetFaults(simulator.Faults{})
			r.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2})
			r.wait(r.start(&first.Carry))
		},
		"failed-open": func(r *recorder) {
			r.worker("DEFENDER_API_KEY=wrong")
			r.wait(r.start(nil))
		},
		"cancelled": func(r *recorder) {
			r.slow()
			r.worker()
			w := r.start(nil)
			r.userPages(3, nil)
			if err := r.temporal.CancelWorkflow(r.ctx, w.GetID(), ""); err != nil {
				r.t.Fatal(err)
			}
			r.wait(w)
		},
		"skipped": func(r *recorder) {
			r.slow()
			r.worker()
			first := r.start(nil)
			r.userPages(1, nil)
			second := r.start(nil)
			r.wait(second)
			r.Sim.SetFaults(simulator.Faults{})
			r.wait(first)
			r.last = second
		},
		"watched": func(r *recorder) {
			w := r.worker()
			r.watched = &contract.WatchSettings{
				Integration: r.Name, StallAfter: 2 * time.Second, NoProgress: time.Hour, Grace: time.Second, Every: time.Second,
				Contacts: []string{contact},
			}
			r.slow()
			session := r.start(nil)
			r.told(1) // stalled
			r.Sim.SetFaults(simulator.Faults{})
			r.wait(session)
			r.told(2) // completed after all
			w.Kill()
			r.worker("DEFENDER_API_KEY=wrong")
			r.wait(r.start(nil))
			r.told(3) // failed
		},
		"killed-worker": func(r *recorder) {
			r.slow()
			w := r.worker()
			session := r.start(nil)
			r.userPages(3, nil)
			w.Kill()
			r.worker()
			r.wait(session)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := simulator.Options{Apps: 12, People: 60, Pairs: 150, Streams: 2}
			r := &recorder{bench: newBench(t, o)}
			c, err := r.Dial()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r.temporal = c
			scene(r)
			r.save(name)
		})
	}
}

// recorder is a bench that keeps the histories of its last session.
type recorder struct {
	*bench
	temporal client.Client
	last     client.WorkflowRun
	watched  *contract.WatchSettings
}

// told waits until the watch has told so much, and marks it as read.
func (r *recorder) told(n int) {
	r.t.Helper()
	b := &told{bench: r.bench}
	b.until(fmt.Sprintf("%d notices", n), func() bool { return len(b.notices()) >= n })
	b.done("notifications", "read", "--all")
	b.until("they are read", func() bool { return b.notices()[0].Read })
}

// slow makes sessions last long enough to be interfered with.
func (r *recorder) slow() {
	r.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: 500 * time.Millisecond}})
}

// start starts a session with nothing in its input that tells of this machine.
func (r *recorder) start(previous *contract.Carry) client.WorkflowRun {
	r.t.Helper()
	var err error
	r.last, err = r.temporal.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{
		ID:                    contract.SessionID(r.Name) + "/run-" + time.Now().UTC().Format(time.RFC3339Nano),
		TaskQueue:             contract.TaskQueue(r.Name),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, contract.WorkflowSession, contract.SessionParams{
		Integration: r.Name, StartedBy: "an operator", Previous: previous, Watch: r.watched,
		Policy: saas.Policy{
			DefaultRole: 25, UsernameFormat: saas.FormatEmail, Overlap: 72 * time.Hour, FullEvery: 7 * saas.Day,
			Heartbeat: 2 * time.Second, GiveUp: time.Hour, MaxRetryApps: 100,
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return r.last
}

// wait waits for a session's end; failed and cancelled ones have no result.
func (r *recorder) wait(w client.WorkflowRun) (result contract.SessionResult) {
	r.t.Helper()
	err := w.Get(r.ctx, &result)
	if r.ctx.Err() != nil {
		r.t.Fatal(err)
	}
	return result
}

// save writes the histories of the last session and of its Sync.
func (r *recorder) save(name string) {
	r.t.Helper()
	session := r.history(r.last.GetID(), r.last.GetRunID())
	r.write(name+"-session.json", session)
	for _, e := range session.Events {
		if child := e.GetChildWorkflowExecutionStartedEventAttributes().GetWorkflowExecution(); child != nil {
			if child.GetWorkflowId() == contract.SyncID(r.Name) {
				r.write(name+"-sync.json", r.history(child.GetWorkflowId(), child.GetRunId()))
			}
		}
	}
	if r.watched != nil {
		r.write(name+"-watch.json", r.history(contract.WatchID(r.Name), ""))
	}
}

func (r *recorder) history(id, run string) *historypb.History {
	r.t.Helper()
	out := &historypb.History{}
	events := r.temporal.GetWorkflowHistory(r.ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			r.t.Fatal(err)
		}
		out.Events = append(out.Events, e)
	}
	return out
}

func (r *recorder) write(name string, h *historypb.History) {
	r.t.Helper()
	text, err := protojson.Marshal(h)
	if err != nil {
		r.t.Fatal(err)
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		text = bytes.ReplaceAll(text, []byte(host), []byte("host"))
	}
	if err := os.MkdirAll(histories, 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(histories, name), append(text, '\n'), 0o644); err != nil {
		r.t.Fatal(err)
	}
}
