// Package activities is what a session does to the world: it reads Defender
// for Cloud Apps and writes Oomnitza, one subject a file. Every activity may
// run twice, so every write is an upsert and every page that is safely written
// is recorded before the next one counts.
package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/applist"
	"defendersync/internal/appsync"
	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/lease"
	"defendersync/internal/notify"
	"defendersync/internal/oomnitza"
	"defendersync/internal/preflight"
	"defendersync/internal/ratelimit"
	"defendersync/internal/tenants"
	"defendersync/internal/usersync"
)

// Options tunes how hard a worker works; zero values take the defaults.
type Options struct {
	Fetchers   int           // Defender requests in flight (16)
	Writers    int           // Oomnitza calls in flight (8)
	RetryBase  time.Duration // first pause after a failed request (1s)
	BeatEvery  time.Duration // longest silence between heartbeats (a third of the heartbeat time-out)
	PeopleKept int           // people whose ids are remembered (50,000, which are some 6 MB)

	Channels *notify.Notifier // how notices are sent; nil: not at all
	// Delivered is told of each attempt at a notice: that the channel is not set up, or
	// why it was not delivered; nil: nobody is told.
	Delivered func(channel string, off bool, err error)

	// Leased makes an attempt end when its heartbeats are not acknowledged any more.
	// The Temporal client has to be one of temporalx, which tells of that.
	Leased bool
	// Changes takes in what dry runs would write; nil: they only count it.
	Changes *changelist.List

	term   time.Duration      // how long a lease lasts; 0: by the heartbeat time-out
	onHold func(*lease.Lease) // for tests: who acknowledges heartbeats

	// ReadPrints reads the fingerprints that a run has kept; nil: from its history.
	ReadPrints func(context.Context, contract.PrintsRef) ([]byte, error)

	Link      func(workflowID, run string) string // a workflow's page in the Web UI; nil: not known
	Namespace string                              // Temporal's, for what the watch asks
	Converter converter.DataConverter             // decodes what sessions tell; nil: the SDK's
}

// Activities holds what the activities need. One value serves a worker; it is
// safe for concurrent use.
type Activities struct {
	defender  *defender.Client
	limiter   *ratelimit.Limiter
	oomnitza  *oomnitza.Client
	temporal  client.Client
	preflight *preflight.Checker // checks both tenants when a session opens
	appList   applist.Reader     // reads lists of apps
	apps      *appsync.Engine    // gives apps their records
	usersync  *usersync.Engine   // carries users over
	prints    *printCache        // fingerprints of the session before
	opts      Options
}

// New puts the activities together. The engines fill in the defaults of what they
// alone use.
func New(d *defender.Client, l *ratelimit.Limiter, o *oomnitza.Client, t client.Client, opts Options) *Activities {
	if opts.RetryBase <= 0 {
		opts.RetryBase = time.Second
	}
	a := &Activities{
		defender: d, limiter: l, oomnitza: o, temporal: t, opts: opts,
		preflight: preflight.New(d, o, opts.RetryBase), appList: applist.New(d),
		apps: appsync.New(o, appsync.Options{Writers: opts.Writers, RetryBase: opts.RetryBase, Changes: opts.Changes}),
		usersync: usersync.New(tenants.UserSource{Client: d, Limiter: l}, tenants.UserTarget{Client: o}, usersync.Options{
			Fetchers: opts.Fetchers, Writers: opts.Writers, RetryBase: opts.RetryBase, PeopleKept: opts.PeopleKept,
			Changes: opts.Changes,
		}),
	}
	a.prints = &printCache{read: opts.ReadPrints, pause: opts.RetryBase}
	if a.prints.read == nil {
		a.prints.read = a.sessionsOf("").ReadPrints
	}
	return a
}

// Register makes the activities known to a worker under their names.
func (a *Activities) Register(r worker.ActivityRegistry) {
	for name, fn := range map[string]any{
		contract.ActivityOpenSession:   a.OpenSession,
		contract.ActivityFetchApps:     a.FetchApps,
		contract.ActivityUpsertApps:    a.UpsertApps,
		contract.ActivitySyncUsage:     a.SyncUsage,
		contract.ActivityKeepPrints:    a.KeepPrints,
		contract.ActivityFindSession:   a.FindSession,
		contract.ActivityObserve:       a.Observe,
		contract.ActivityDeliverNotice: a.DeliverNotice,
	} {
		r.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
}
