package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/notify"
)

// Channels sends notices; notify.Notifier does in earnest.
type Channels interface {
	HasEmail() bool
	HasWebhook() bool
	HasPing() bool
	EmailNotice(ctx context.Context, n contract.Notice, to string) error
	PostNotice(ctx context.Context, n contract.Notice) error
	SendPing(ctx context.Context) error
}

// DeliverNotice sends a notice through one channel, once. An error that is not
// retryable means that it won't get there until somebody changes something.
func (a *Activities) DeliverNotice(ctx context.Context, in contract.DeliverNoticeParams) (contract.DeliverNoticeResult, error) {
	if a.opts.Link != nil && in.Notice.Session != "" {
		in.Notice.Link = a.opts.Link(in.Notice.Session, in.Notice.Run)
	}
	return Deliver(ctx, a.opts.Channels, in)
}

// Deliver sends a notice through one channel, from wherever.
func Deliver(ctx context.Context, c Channels, in contract.DeliverNoticeParams) (contract.DeliverNoticeResult, error) {
	switch {
	case c == nil,
		in.Channel == contract.ChannelEmail && !c.HasEmail(),
		in.Channel == contract.ChannelWebhook && !c.HasWebhook(),
		in.Channel == contract.ChannelPing && !c.HasPing():
		return contract.DeliverNoticeResult{NotSetUp: true}, nil
	}
	var err error
	switch in.Channel {
	case contract.ChannelEmail:
		err = c.EmailNotice(ctx, in.Notice, in.To)
	case contract.ChannelWebhook:
		err = c.PostNotice(ctx, in.Notice)
	case contract.ChannelPing:
		err = c.SendPing(ctx)
	default:
		return contract.DeliverNoticeResult{}, temporal.NewNonRetryableApplicationError("there is no channel "+in.Channel, "NoChannel", nil)
	}
	return contract.DeliverNoticeResult{}, undelivered(err)
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
