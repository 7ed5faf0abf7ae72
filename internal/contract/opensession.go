package contract

import (
	"time"

	"defendersync/internal/saas"
)

// OpenSessionParams is what a session knows before it has talked to anybody.
type OpenSessionParams struct {
	Policy   saas.Policy `json:"policy"`
	Full     bool        `json:"full,omitempty"`
	Previous Carry       `json:"previous"`
}

// Plan is what a session found out when it opened, and goes by until it ends.
type Plan struct {
	Began    time.Time      `json:"began"` // by Defender's clock
	Streams  []Stream       `json:"streams"`
	Window   saas.Window    `json:"window"`
	Dialect  Dialect        `json:"dialect"`
	First    *AppsPage      `json:"first,omitempty"` // the first page, which probing has read already
	Warnings []string       `json:"warnings,omitempty"`
	Recent   RecentRequests `json:"recent"`
	Requests saas.Requests  `json:"requests"`
}

// Stream is a continuous report that the session reads.
type Stream struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// FindSessionResult names the session that holds a tenant's lane.
type FindSessionResult struct {
	Session string    `json:"session"` // workflow id; the lane's own when its session can't be told
	Since   time.Time `json:"since"`
}
