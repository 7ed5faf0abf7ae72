package notify

import (
	"fmt"
	"strings"
	"time"
)

// Channel is a way that notices go.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Webhook Channel = "webhook"
	Ping    Channel = "ping"
)

// Error is a notice that did not get through. Its text is safe to show and to
// keep: it may name the contact and the server's host, and never a password or
// a channel's URL.
type Error struct {
	Channel    Channel
	Op         string        // what was being done: "log in at mail.contoso.com:587"
	Status     int           // SMTP or HTTP status; 0 when there was no answer
	Permanent  bool          // sending the same again fails until somebody changes something
	RetryAfter time.Duration // how long the receiver asked to wait; 0 when it did not say
	Hint       string        // what the operator can do about it; may be empty
	Err        error         // the cause, or the receiver's own words, bounded, on one line
}

// Error tells what was being done, what came back and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Channel, e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": answered %d", e.Status)
	}
	if e.Err != nil && e.Err.Error() != "" {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
