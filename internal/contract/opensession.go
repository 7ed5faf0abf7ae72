package contract

import (
	"time"

	"defendersync/internal/saas"
)

// OpenSessionParams is what a session knows before its first request.
type OpenSessionParams struct {
	Policy   saas.Policy `json:"policy"`
	Full     bool        `json:"full,omitempty"`
	Previous Carry       `json:"previous"`
}

// Plan is the result of OpenSession: what a session goes by until it ends.
type Plan struct {
	Began    time.Time      `json:"began"` // when the session began, by Defender's clock
	Streams  []Stream       `json:"streams"`
	Window   saas.Window    `json:"window"`
	Dialect  Dialect        `json:"dialect"`
	First    *AppsPage      `json:"first,omitempty"` // the first page of apps, which opening has read
	Warnings []string       `json:"warnings,omitempty"`
	Recent   RecentRequests `json:"recent"`
	Requests saas.Requests  `json:"requests"`
	Totals   []int          `json:"totals,omitempty"` // apps to be read of each stream, about; -1: not known
	Spared   []SparedStream `json:"spared,omitempty"` // streams that are left out because they add nothing
}

// Stream is a continuous report of Defender that the session reads.
type Stream struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// FindSessionResult names the session that holds the lane.
type FindSessionResult struct {
	Session string    `json:"session"` // workflow id; that of the lane when the session is not known
	Since   time.Time `json:"since"`
}
