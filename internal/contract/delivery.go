package contract

import (
	"time"
)

// DeliverNoticeParams is one notice to one receiver.
type DeliverNoticeParams struct {
	Channel string `json:"channel"`
	To      string `json:"to,omitempty"` // of an email
	Notice  Notice `json:"notice"`
}

// DeliverNoticeResult says what became of it.
type DeliverNoticeResult struct {
	NotSetUp bool `json:"off,omitempty"` // the channel is not set up, so there was nothing to do
}

// The channels of notices beside the in-app one, which is the watch itself.
const (
	ChannelEmail   = "email"
	ChannelWebhook = "webhook"
	// ChannelPing asks for the URL of a service that raises the alarm when it
	// is not asked for in time.
	ChannelPing = "ping"
)

// Delivery is a notice on its way to one receiver.
type Delivery struct {
	Key     string    `json:"key"` // of the notice; "" for a ping
	Channel string    `json:"channel"`
	To      string    `json:"to,omitempty"`
	Since   time.Time `json:"since"`
	Next    time.Time `json:"next"`            // when to try (again)
	Tries   int       `json:"tries,omitempty"` // so far
	Error   string    `json:"error,omitempty"` // of the last one

	UnderWay bool `json:"-"` // being tried at this moment
}

// NoticeClaim says that somebody outside is about to send notices.
type NoticeClaim struct {
	By    string    `json:"by"`   // differs from attempt to attempt
	Keys  []string  `json:"keys"` // of the notices
	Until time.Time `json:"until"`
}

// ToldNotices says what was sent from outside.
type SentNotices struct {
	By      string     `json:"by"`
	Notices []Notice   `json:"notices"`
	Pending []Delivery `json:"pending,omitempty"` // what could not be delivered yet
	Done    []Delivery `json:"done,omitempty"`    // what was delivered of earlier ones
}

// ReadNotices marks notices as read.
type ReadNotices struct {
	Keys []string `json:"keys,omitempty"`
	All  bool     `json:"all,omitempty"`
}
