package usersync_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/tenants"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

// inBubble runs a subtest in which all waits are virtual.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// rig is both simulated tenants with an engine as a worker would have it.
type rig struct {
	*sandbox.Sandbox
	*worker
	t        *testing.T
	policy   saas.Policy
	sessions int  // begun so far
	dry      bool // records are imagined, not made
}

// worker is an engine with clients of its own.
type worker struct {
	Clients sandbox.Clients
	engine  *usersync.Engine
}

// The bounds that the rig's workers have.
const (
	fetchers = 16
	writers  = 8
)

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	r := &rig{t: t, Sandbox: sandbox.OpenSandbox(t, o)}
	r.policy = r.Policy()
	r.worker = r.newWorker()
	return r
}

// newWorker is another worker, which remembers nothing.
func (r *rig) newWorker() *worker {
	c := r.NewClients()
	return &worker{c, usersync.New(tenants.UserSource{Client: c.Defender, Limiter: c.Limiter}, tenants.UserTarget{Client: c.Oomnitza},
		usersync.Options{Fetchers: fetchers, Writers: writers})}
}

// session is a session as it was opened.
type session struct {
	Streams []contract.Stream
	Window  saas.Window
	Began   time.Time
	Dialect contract.Dialect
}

// open opens a session after another one; the zero value: the first.
func (r *rig) open(before contract.Carry) session {
	r.t.Helper()
	list, err := r.Clients.Defender.Streams(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	var s session
	for _, stream := range list.Streams {
		s.Streams = append(s.Streams, contract.Stream{ID: stream.ID, Name: stream.Name})
	}
	s.Began = list.Date.UTC()
	s.Window = saas.PlanWindow(saas.WindowInput{Began: s.Began, Watermark: before.Watermark, LastFull: before.LastFull, Rules: before.Rules, Policy: r.policy})
	s.Dialect.UsersUnsorted = slices.Contains(before.Unsorted, "users")
	return s
}

// usage makes sure that each of a stream's apps has a record, and returns what
// there is to carry over.
func (r *rig) usage(s session, stream int) contract.SyncUsageParams {
	r.t.Helper()
	r.sessions++
	in := contract.SyncUsageParams{
		Stream: s.Streams[stream], Window: s.Window, Policy: r.policy, Began: s.Began, Dialect: s.Dialect, SessionRun: fmt.Sprint("session-", r.sessions),
	}
	records := r.records()
	for _, app := range r.apps(s, stream) {
		record, there := records[saas.Fold(app.Name)]
		if !there {
			record = r.addRecord(app)
			records[saas.Fold(app.Name)] = record
		}
		in.Refs = append(in.Refs, contract.AppRef{App: app.ID, SaaS: record.ID, Users: app.Users, ActiveUsers: record.ActiveUsers, New: !there && !r.dry, Ours: record.Source == saas.Source})
	}
	if !in.Dialect.KnowsUsers() && len(in.Refs) > 0 {
		in.Dialect = r.probe(s, stream, in.Refs)
	}
	return in
}

// probe finds out how users are asked for, by the app with the most of them.
func (r *rig) probe(s session, stream int, refs []contract.AppRef) contract.Dialect {
	r.t.Helper()
	largest := slices.MaxFunc(refs, func(a, b contract.AppRef) int { return a.Users - b.Users })
	namer, err := saas.NewNamer(r.policy)
	if err != nil {
		r.t.Fatal(err)
	}
	page, err := r.Clients.Defender.ReadUsers(r.t.Context(), listing.UserQuery{Stream: s.Streams[stream].ID, App: largest.App, Timeframe: s.Window.Timeframe, Known: s.Dialect, Fit: namer.Fit, Choose: true})
	if err != nil {
		r.t.Fatal(err)
	}
	page.Dialect.UsersUnsorted = s.Dialect.UsersUnsorted
	return page.Dialect
}

// apps reads the apps of a stream that a session has to look at.
func (r *rig) apps(s session, stream int) (out []saas.App) {
	r.t.Helper()
	seen := map[string]bool{}
	for skip := 0; skip >= 0; {
		page, err := r.Clients.Defender.ReadApps(r.t.Context(), listing.AppQuery{Stream: s.Streams[stream].ID, Timeframe: s.Window.Timeframe, Sort: contract.SortName, Skip: skip})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, app := range page.Apps {
			if seen[app.ID] {
				return out // the list is shown once more
			}
			if seen[app.ID] = true; saas.IsNewer(app.LastActivity, s.Window.Threshold) {
				out = append(out, app)
			}
		}
		skip = page.Next
	}
	return out
}

// records are those that Oomnitza has, by folded name.
func (r *rig) records() map[string]saas.Record {
	r.t.Helper()
	out := map[string]saas.Record{}
	for record, err := range r.Clients.Oomnitza.AllSaaS(r.t.Context()) {
		if err != nil {
			r.t.Fatal(err)
		}
		out[saas.Fold(record.Name)] = record
	}
	return out
}

// addRecord makes an app's record.
func (r *rig) addRecord(app saas.App) saas.Record {
	r.t.Helper()
	record := saas.Record{Name: app.Name, Source: saas.Source, LinkKey: saas.LinkKey(app.ID), CreatedBy: r.policy.IntegrationUser}
	if r.dry {
		record.ID = saas.ImaginaryID(app.ID)
		return record
	}
	id, err := r.Clients.Oomnitza.CreateSaaS(r.t.Context(), record)
	if err != nil {
		r.t.Fatal(err)
	}
	record.ID = id
	return record
}

// attempt is one run of the engine, with what a worker adds to it.
type attempt struct {
	worker *worker         // nil: the rig's
	ctx    context.Context // ends when the activity is cancelled
	stop   chan struct{}   // closed when the worker is told to stop
	from   *contract.Checkpoint
	saved  []contract.Checkpoint // in their order
	left   contract.Checkpoint   // at the end
	once   sync.Once
}

// end tells the worker to stop.
func (at *attempt) end() { at.once.Do(func() { close(at.stop) }) }

// try carries users over in one attempt.
func (r *rig) try(at *attempt, in contract.SyncUsageParams) (contract.SyncUsageResult, error) {
	r.t.Helper()
	w, ctx := at.worker, at.ctx
	if w == nil {
		w = r.worker
	}
	if ctx == nil {
		ctx = r.t.Context()
	}
	a := usersync.Attempt{
		Params: in, Session: in.SessionRun, Stop: at.stop, Again: at.from != nil, SaveEvery: 5 * time.Second,
		Save: func(cp contract.Checkpoint) bool { at.saved = append(at.saved, cp); return true },
	}
	if at.from != nil {
		a.From = *at.from
	}
	out, err := w.engine.Run(ctx, a)
	at.left = out.Checkpoint
	return out.Result, err
}

// carryOver carries users over in an attempt that is to succeed.
func (r *rig) carryOver(in contract.SyncUsageParams) contract.SyncUsageResult {
	r.t.Helper()
	out, err := r.try(&attempt{}, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// small is a tenant with lists of one and of several pages.
func small() simulator.Options {
	return simulator.Options{Apps: 12, People: 400, Pairs: 1500}
}
