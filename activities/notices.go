package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/notice"
	"defendersync/internal/notify"
)

// The channels of notices beside the in-app one, which is the watch itself.
const (
	ChannelEmail   = "email"
	ChannelWebhook = "webhook"
	// ChannelPing asks for the URL of a service that raises the alarm when it
	// is not asked for in time.
	ChannelPing = "ping"
)

// Channels sends notices; notify.Notifier does in earnest.
type Channels interface {
	HasEmail() bool
	HasWebhook() bool
	HasPing() bool
	Email(ctx context.Context, n notice.Notice, to string) error
	Webhook(ctx context.Context, n notice.Notice) error
	Ping(ctx context.Context) error
}

// DeliverInput is one notice to one receiver.
type DeliverInput struct {
	Channel string        `json:"channel"`
	To      string        `json:"to,omitempty"` // of an email
	Notice  notice.Notice `json:"notice"`
}

// Delivery says what became of it.
type Delivery struct {
	Off bool `json:"off,omitempty"` // the channel is not set up, so there was nothing to do
}

// DeliverNotice sends a notice through one channel, once. An error that is not
// retryable means that it won't get there until somebody changes something.
func (a *Activities) DeliverNotice(ctx context.Context, in DeliverInput) (Delivery, error) {
	if a.opts.Link != nil && in.Notice.Session != "" {
		in.Notice.Link = a.opts.Link(in.Notice.Session, in.Notice.Run)
	}
	return Deliver(ctx, a.opts.Channels, in)
}

// Deliver sends a notice through one channel, from wherever.
func Deliver(ctx context.Context, c Channels, in DeliverInput) (Delivery, error) {
	switch {
	case c == nil,
		in.Channel == ChannelEmail && !c.HasEmail(),
		in.Channel == ChannelWebhook && !c.HasWebhook(),
		in.Channel == ChannelPing && !c.HasPing():
		return Delivery{Off: true}, nil
	}
	var err error
	switch in.Channel {
	case ChannelEmail:
		err = c.Email(ctx, in.Notice, in.To)
	case ChannelWebhook:
		err = c.Webhook(ctx, in.Notice)
	case ChannelPing:
		err = c.Ping(ctx)
	default:
		return Delivery{}, temporal.NewNonRetryableApplicationError("there is no channel "+in.Channel, "NoChannel", nil)
	}
	return Delivery{}, undelivered(err)
}

// undelivered turns a channel's error into what Temporal makes of it.
func undelivered(err error) error {
	var e *notify.Error
	if !errors.As(err, &e) {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), "NotDelivered", temporal.ApplicationErrorOptions{
		NonRetryable: e.Permanent, NextRetryDelay: e.RetryAfter,
	})
}
