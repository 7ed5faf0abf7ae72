package watch

import (
	"time"

	"defendersync/internal/contract"
)

// RulesNow is the version of the rules that new looks are judged by.
//
// From 1 on a session that was cancelled, also one that no worker has heard of
// it yet, is not missed and not stuck, and one that was announced, but is not
// there and was never seen, raises nothing.
const RulesNow = 1

// ranAt reports whether the session ran at a time.
func ranAt(v contract.SessionView, at time.Time) bool {
	return !v.Began.After(at) && (v.Closed.IsZero() || v.Closed.After(at))
}
