package e2e

import (
	"bytes"
	"compress/gzip"
	"errors"
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

// recorder is a bench that keeps the histories of its last session.
type recorder struct {
	*bench
	temporal client.Client
	last     client.WorkflowRun
	watched  *contract.WatchSettings
}

// histories is where package workflows has its replay fixtures.
const histories = "../../../workflows/testdata/histories"

// newRecorder makes an integration whose histories become fixtures. It skips the
// test unless they are asked for, and when the fixture is there: none is ever
// recorded again.
func newRecorder(t *testing.T, fixture string, o simulator.Options) *recorder {
	t.Helper()
	skipUnlessRecording(t)
	if there, err := filepath.Glob(filepath.Join(histories, fixture+".json*")); err != nil || len(there) > 0 {
		t.Skipf("%s is there: %v", fixture, err)
	}
	r := &recorder{bench: newBench(t, o)}
	c, err := r.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r.temporal = c
	return r
}

func skipUnlessRecording(t *testing.T) {
	t.Helper()
	if os.Getenv("RECORD_HISTORIES") != "1" {
		t.Skip("records fixtures, only with RECORD_HISTORIES=1")
	}
}

// watchEverySecond are settings by which a session soon stalls.
func (r *recorder) watchEverySecond() *contract.WatchSettings {
	return &contract.WatchSettings{
		Integration: r.Name, StallAfter: 2 * time.Second, NoProgress: time.Hour, Grace: time.Second, Every: time.Second,
		Contacts: []string{contact},
	}
}

// hurryUntilContinued makes a watch look again and again, by applying its
// settings anew, until it is continued as new. It returns the first run's id.
func (r *recorder) hurryUntilContinued(id string) (first string) {
	r.t.Helper()
	for {
		d, err := r.temporal.DescribeWorkflow(r.ctx, id, "")
		if err != nil {
			r.t.Fatal(err)
		}
		if info := d.RawResponse.GetWorkflowExecutionInfo(); info.GetExecution().GetRunId() != info.GetFirstRunId() {
			return info.GetFirstRunId()
		}
		if err := r.temporal.SignalWorkflow(r.ctx, id, "", contract.SignalSettings, r.watched); err != nil {
			r.t.Fatal(err)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-r.ctx.Done():
			r.t.Fatalf("%s was not continued as new", id)
		}
	}
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
				r.saveRuns(name+"-sync", child.GetWorkflowId(), child.GetRunId())
			}
		}
	}
	if r.watched != nil {
		r.write(name+"-watch.json", r.history(contract.WatchID(r.Name), ""))
	}
}

// saveRuns writes the histories of a run and of those that it was continued by,
// numbered where there are several.
func (r *recorder) saveRuns(name, id, run string) {
	r.t.Helper()
	var runs []*historypb.History
	for run != "" {
		h := r.history(id, run)
		runs = append(runs, h)
		run = h.Events[len(h.Events)-1].GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	for i, h := range runs {
		if len(runs) == 1 {
			r.write(name+".json", h)
		} else {
			r.write(fmt.Sprintf("%s-%d.json", name, i+1), h)
		}
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
	text = append(text, '\n')
	if len(text) > maxPlain {
		name += ".gz"
		text = compress(r.t, text)
	}
	if err := os.WriteFile(filepath.Join(histories, name), text, 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// maxPlain is the size up to which a fixture is kept as it is.
const maxPlain = 150_000

func compress(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, writeErr := z.Write(text)
	if err := errors.Join(writeErr, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
