package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/notify"
)

// DeliverNotice sends a notice through one channel, once. An error that is not
// retryable means that it will not arrive until somebody changes something.
func (a *Activities) DeliverNotice(ctx context.Context, in contract.DeliverNoticeParams) (contract.DeliverNoticeResult, error) {
	if a.opts.Link != nil && in.Notice.Session != "" {
		in.Notice.Link = a.opts.Link(in.Notice.Session, in.Notice.Run)
	}
	off, err := a.opts.Channels.Deliver(ctx, in)
	if a.opts.Delivered != nil {
		a.opts.Delivered(in.Channel, off, err)
	}
	return contract.DeliverNoticeResult{NotSetUp: off}, MapNotDelivered(err)
}

// MapNotDelivered turns a channel's error into Temporal's, for whoever judges a
// delivery by it.
func MapNotDelivered(err error) error {
	var e *notify.Error
	if !errors.As(err, &e) {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), "NotDelivered", temporal.ApplicationErrorOptions{
		NonRetryable: e.Permanent, NextRetryDelay: e.RetryAfter,
	})
}
