package contract

import (
	"time"
)

// DeliverNoticeParams is a notice to one receiver.
type DeliverNoticeParams struct {
	Channel  string   `json:"channel"`
	To       string   `json:"to,omitempty"` // address; for email only
	Notice   Notice   `json:"notice"`
	Outdated []string `json:"outdated,omitempty"` // matters of the notice of which a later notice says the opposite
}

// DeliverNoticeResult says whether there was anything to do.
type DeliverNoticeResult struct {
	NotSetUp bool `json:"off,omitempty"` // the channel is not set up, so there was nothing to do
}

// The channels of notices, besides the in-app channel, which is the watch itself.
const (
	ChannelEmail   = "email"
	ChannelWebhook = "webhook"
	// ChannelPing requests a URL of a service that raises an alarm when the
	// request stays away: a dead man's switch.
	ChannelPing = "ping"
)

// Delivery is a notice that is to be delivered to one receiver.
type Delivery struct {
	Key     string    `json:"key"` // of the notice; "": a ping
	Channel string    `json:"channel"`
	To      string    `json:"to,omitempty"`
	Since   time.Time `json:"since"`
	Next    time.Time `json:"next"`            // when to try it next
	Tries   int       `json:"tries,omitempty"` // attempts so far
	Error   string    `json:"error,omitempty"` // of the last attempt

	UnderWay bool `json:"-"` // an attempt is under way; known in the running workflow only
}

// NoticeClaim says that a process outside the worker is about to send notices.
type NoticeClaim struct {
	By    string    `json:"by"`   // differs with each attempt
	Keys  []string  `json:"keys"` // of the notices
	Until time.Time `json:"until"`
}

// SentNotices says what such a process has sent.
type SentNotices struct {
	By      string     `json:"by"`
	Notices []Notice   `json:"notices"`
	Pending []Delivery `json:"pending,omitempty"` // what could not be delivered yet
	Done    []Delivery `json:"done,omitempty"`    // deliveries that were pending, and are made
}

// ReadNotices marks notices as read.
type ReadNotices struct {
	Keys []string `json:"keys,omitempty"`
	All  bool     `json:"all,omitempty"`
}
