package appsync

import (
	"context"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Options tunes an Engine; zero values take the defaults.
type Options struct {
	Writers   int           // records written side by side (8)
	RetryBase time.Duration // first pause before an app that failed is tried again (1s)

	Changes *changelist.List // takes in what dry runs would write; nil: nobody does
}

// Engine gives apps their records. One serves a worker, for one session after
// the other; it is safe for concurrent use. Start with New.
type Engine struct {
	target    Target
	opts      Options
	census    census    // every record's name, once it was needed
	accounts  accounts  // whom "Created by" means
	rehearsal rehearsal // what the latest dry run would have written
}

// New returns an Engine that writes to a target.
func New(t Target, o Options) *Engine {
	if o.Writers <= 0 {
		o.Writers = 8
	}
	if o.RetryBase <= 0 {
		o.RetryBase = time.Second
	}
	return &Engine{target: t, opts: o}
}

// Upsert makes sure that every app of a page has its record. The result lacks
// the number of requests. An error is the tenant's fault, or the end of ctx; it
// leaves the page to be carried over again.
func (e *Engine) Upsert(ctx context.Context, page contract.UpsertAppsParams) (contract.UpsertAppsResult, error) {
	return newPageRun(e, page).writeAll(ctx)
}

// NoteAccount takes in the account that a name means, so that it is not looked up
// again. An account without an id means nobody, or several people.
func (e *Engine) NoteAccount(name string, a saas.Account) { e.accounts.noteAccount(name, a) }
