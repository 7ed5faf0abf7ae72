package appsync

import (
	"context"
	"iter"

	"defendersync/internal/saas"
)

// Target is the tenant whose records are written. Its errors are *httpx.Error
// where a request failed.
type Target interface {
	Reader
	Writer
}

// Reader is what is read of the tenant.
type Reader interface {
	// FindSaaS returns the records that have one of the link keys or one of the
	// names, whatever the case.
	FindSaaS(ctx context.Context, linkKeys, names []string) ([]saas.Record, error)
	// GetSaaS reads a record.
	GetSaaS(ctx context.Context, id string) (saas.Record, error)
	// AllSaaS reads every record.
	AllSaaS(ctx context.Context) iter.Seq2[saas.Record, error]
	// FindAccount resolves what "Created by" calls somebody to one person.
	FindAccount(ctx context.Context, name string) (a saas.Account, found bool, err error)
}

// Writer is what is written to the tenant, and what tells about writes that
// fail.
type Writer interface {
	// CreateSaaS makes a record. After an error that may pass, the record may
	// exist all the same. A name that is taken is httpx.KindConflict.
	CreateSaaS(ctx context.Context, r saas.Record) (id string, err error)
	// WriteSaaS changes the fields of current that differ in change. It returns
	// the record as the tenant has it then, without an id where it does not say.
	WriteSaaS(ctx context.Context, current, change saas.Record) (stored saas.Record, err error)
	// TouchSaaS writes a record as it is.
	TouchSaaS(ctx context.Context, id string) error
	// RefusedFields returns those of the fields that a refusal names.
	RefusedFields(err error, sent saas.Record, fields []saas.Field) []saas.Field
	// Blame decides whose fault a failing write is: nil is the record's, an
	// error the tenant's.
	Blame(ctx context.Context, cause error) error
	// ProveWrites reports whether the tenant takes writes now. An error means
	// that it takes none; false, that there is no record of ours to try.
	ProveWrites(ctx context.Context) (proven bool, err error)
}
