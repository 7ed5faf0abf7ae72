package notify

import (
	"fmt"
	"strings"
	"time"
)

// Channel is a way to deliver notices.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Webhook Channel = "webhook"
	Ping    Channel = "ping"
)

// Error is a notice that was not delivered. Its text is safe to show and to store:
// it may name the contact and the server's host, but never a password or a
// channel's URL.
type Error struct {
	Channel    Channel
	Op         string        // what failed: "connect to mail.contoso.com:587"
	Status     int           // SMTP or HTTP status; 0 without an answer
	Permanent  bool          // a retry fails until somebody changes something
	RetryAfter time.Duration // how long the receiver asked to wait; 0 when it did not ask
	Hint       string        // what the operator can do; may be empty
	Err        error         // the cause, or the receiver's words on one line of bounded length
}

// Error says what failed, what the receiver answered, and what to do.
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
