package usersync

import (
	"context"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// PageRows is the most rows that a page has. A page with fewer is the last one,
// as a rule.
const PageRows = 100

// Source is where the users of apps are read. It is safe for concurrent use.
type Source interface {
	// ReadUsers reads a page of an app's users. Errors are *httpx.Error, or the
	// context's, wrapped: a retryable kind is waited out, KindStopping ends the
	// attempt, others may be of this page alone.
	ReadUsers(ctx context.Context, q listing.UserQuery) (listing.UserPage, error)
	// Check asks for something that is known to be there: an error says that
	// the source, and not a single page, is at fault.
	Check(ctx context.Context) error

	// Stop lets requests that wait for the request budget end unsent, with an
	// error of KindStopping.
	Stop()
	// Recent returns the requests of the last window, for the next worker.
	Recent() contract.RecentRequests
	// Requests counts what was asked since the worker began.
	Requests() saas.Requests
	// Waiting returns the pause that the source has asked for, if any.
	Waiting() contract.Waiting
}
