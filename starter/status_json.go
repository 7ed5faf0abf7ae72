package main

import (
	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
)

// integrationJSON is an integration as JSON shows it.
type integrationJSON struct {
	Integration  string        `json:"integration"`
	Code         int           `json:"code"`               // as the exit code
	Status       string        `json:"status"`             // the code in a word
	LastGood     envelope.Time `json:"lastGood,omitzero"`  // when the last session that completed ended
	Next         envelope.Time `json:"nextStart,omitzero"` // absent while the schedule starts nothing
	Paused       *pausedJSON   `json:"paused,omitempty"`
	Running      []runningJSON `json:"running"`
	Unread       int           `json:"unread"`                // notices that nobody has marked as read
	Undelivered  int           `json:"undelivered"`           // notices that did not reach a receiver
	WorkerPolled envelope.Time `json:"workerPolled,omitzero"` // when a worker last asked for work
	Version      string        `json:"version,omitempty"`     // of workers, that new work goes to
	Problems     []problem     `json:"problems"`
	Error        string        `json:"error,omitempty"` // why not all of this could be read
}

// runningJSON is a session that runs or waits for a worker.
type runningJSON struct {
	Session     string        `json:"session"` // workflow id
	Began       envelope.Time `json:"began"`
	PickedUp    bool          `json:"pickedUp"` // by a worker
	Phase       string        `json:"phase,omitempty"`
	AppsDone    int           `json:"appsDone"`
	AppsKnown   int           `json:"appsKnown"` // about; 0: not known
	Uncounted   int           `json:"uncounted"` // streams whose apps are not among these
	Users       int           `json:"users"`     // users of apps that were read
	Rejected    int           `json:"rejected"`
	Waiting     string        `json:"waiting,omitempty"` // what it waits for
	ExpectedEnd envelope.Time `json:"expectedEnd,omitzero"`
}

// writeOverview prints the integrations as JSON.
func (c commands) writeOverview(ctx *cli.Context, o overview) error {
	fields := []envelope.Field{{Name: "namespace", Value: o.Namespace}, {Name: "code", Value: o.Code}, {Name: "status", Value: o.Status}}
	if o.Error != "" {
		fields = append(fields, envelope.Field{Name: "error", Value: o.Error})
	}
	list := []integrationJSON{}
	for _, row := range o.Integrations {
		list = append(list, viewIntegration(row))
	}
	return envelope.WriteList(c.out, c.headOf(ctx, "", fields...), list)
}

func viewIntegration(r statusRow) integrationJSON {
	v := integrationJSON{
		Integration: r.Integration, Code: r.Code, Status: r.Status, LastGood: timeOrNone(r.LastGood), Next: timeOrNone(r.Next), Paused: viewPause(r.Paused),
		Running: []runningJSON{}, Unread: r.Unread, Undelivered: r.Undelivered, WorkerPolled: timeOrNone(r.WorkerPolled), Version: r.Version,
		Problems: append([]problem{}, r.Problems...), Error: r.Error,
	}
	for _, s := range r.Running {
		v.Running = append(v.Running, runningJSON{
			s.Session, envelope.At(s.Began), s.PickedUp, s.Phase, s.Apps, s.AppsKnown, s.Uncounted, s.Users, s.Rejected, s.Waiting, timeOrNone(s.ExpectedEnd),
		})
	}
	return v
}
