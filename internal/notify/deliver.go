package notify

import (
	"context"
	"errors"

	"defendersync/internal/contract"
)

// Deliver sends a notice through one channel, once. off means that the channel
// is not set up, so that there was nothing to do; a Notifier that is nil has
// none. An error of a channel is an *Error.
func (n *Notifier) Deliver(ctx context.Context, in contract.DeliverNoticeParams) (off bool, err error) {
	switch in.Channel {
	case contract.ChannelEmail:
		if n == nil || !n.HasEmail() {
			return true, nil
		}
		return false, n.EmailNotice(ctx, in.Notice, in.To)
	case contract.ChannelWebhook:
		if n == nil || !n.HasWebhook() {
			return true, nil
		}
		return false, n.PostNotice(ctx, in.Notice, in.Outdated...)
	case contract.ChannelPing:
		if n == nil || !n.HasPing() {
			return true, nil
		}
		return false, n.SendPing(ctx)
	}
	return false, &Error{Channel: Channel(in.Channel), Op: "send a notice", Permanent: true, Err: errors.New("there is no such channel")}
}
