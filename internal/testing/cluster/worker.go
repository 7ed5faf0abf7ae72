package cluster

import (
	"context"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/harness"
)

// Worker is a worker process with a line of its own to Temporal, and a door of its
// own to the tenants.
type Worker struct {
	*harness.Process
	Line *Line
	Door *Door
}

// StartTeamWorker starts a worker of an integration.
func (c *Cluster) StartTeamWorker(in *harness.Integration, settings ...string) (*Worker, error) {
	line, err := NewLine(c.Address)
	if err != nil {
		return nil, err
	}
	w := &Worker{Line: line, Door: newDoor(in)}
	settings = append(append(w.Door.settings(), "TEMPORAL_ADDRESS="+line.Address), settings...)
	if w.Process, err = in.StartWorker(settings...); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// End kills the worker and closes its ways.
func (w *Worker) End() {
	w.KillAndWait()
	w.close()
}

func (w *Worker) close() {
	w.Line.Close()
	w.Door.close()
}

// Task is an activity of a session that is under way.
type Task struct {
	Run      string // of the Sync
	ID       string
	Activity string // its type
	Attempt  int32
	PID      int // of the worker that has it
}

// IsSame reports whether two looks saw the same attempt.
func (t Task) IsSame(u Task) bool { return t == u }

// FindTask looks which worker has an integration's session in hand. ok is false
// when none has, or Temporal does not say.
func FindTask(ctx context.Context, c client.Client, integration string) (t Task, ok bool) {
	d, err := c.DescribeWorkflow(ctx, contract.SyncID(integration), "")
	if err != nil {
		return t, false
	}
	for _, a := range d.RawResponse.GetPendingActivities() {
		if a.GetState() != enumspb.PENDING_ACTIVITY_STATE_STARTED {
			continue
		}
		identity := a.GetLastWorkerIdentity()
		pid, err := strconv.Atoi(identity[strings.LastIndexByte(identity, '/')+1:])
		if err != nil {
			return t, false
		}
		return Task{Run: d.WorkflowExecution.RunID, ID: a.GetActivityId(), Activity: a.GetActivityType().GetName(), Attempt: a.GetAttempt(), PID: pid}, true
	}
	return t, false
}
