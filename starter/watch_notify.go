package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"defendersync/activities"
	"defendersync/internal/contract"
	"defendersync/internal/notify"
	"defendersync/internal/sessions"
	"defendersync/internal/watch"
)

// claimFor is how long a call may take to send its notices before another call
// may send them.
const claimFor = 2 * time.Minute

// sendDue sends the notices that are due, in place of a Watch workflow that is
// overdue. It first claims what it is about to send: of several concurrent
// calls, the one whose claim Temporal records first sends.
func (c commands) sendDue(ctx context.Context, conn connection, m sessions.Memory, due []contract.Notice, v *verdict) error {
	now := c.now().UTC()
	due = slices.DeleteFunc(due, func(n contract.Notice) bool { return slices.Contains(m.State.SentKeys, n.Key) })
	todo := watch.ListOverdue(&m.State, now)
	for _, n := range due {
		todo = append(todo, watch.ListReceivers(&m.State, n.Key, now)...)
	}
	if len(todo) == 0 {
		return nil
	}
	channels, err := notify.OpenChannels(conn.settings.SMTP, conn.settings.Notify)
	if err != nil {
		return fmt.Errorf("prepare the notification channels: %w", err)
	}
	claim := contract.NoticeClaim{By: fmt.Sprintf("%s/%d/%d", c.user, os.Getpid(), now.UnixNano()), Until: now.Add(claimFor)}
	for _, u := range todo {
		claim.Keys = append(claim.Keys, u.Key)
	}
	if err := conn.tellWatch(ctx, m, contract.SignalClaim, claim); err != nil {
		return err
	}
	again, err := conn.sessionReader().ReadMemory(ctx, *conn.watchSettings())
	if err != nil {
		return err
	}
	told := contract.SentNotices{By: claim.By}
	for _, n := range due {
		if again.Grants(claim, n.Key, c.now()) {
			n.Link = conn.webUILinkTo(n.Session, n.Run)
			told.Notices = append(told.Notices, n)
		}
	}
	v.Notified = told.Notices
	for _, u := range todo {
		if again.Grants(claim, u.Key, c.now()) {
			c.tryDelivery(ctx, channels, m.State, u, &told, v)
		}
	}
	return conn.tellWatch(ctx, m, contract.SignalSent, told)
}

// tryDelivery tries one delivery. If it fails, it is left to the next call.
func (c commands) tryDelivery(ctx context.Context, channels *notify.Notifier, known contract.WatchState, u contract.Delivery, told *contract.SentNotices, v *verdict) {
	n, ok := watch.FindNotice(&known, u.Key)
	for _, fresh := range told.Notices {
		if fresh.Key == u.Key {
			n, ok = fresh, true
		}
	}
	if !ok {
		return
	}
	_, err := channels.Deliver(ctx, contract.DeliverNoticeParams{
		Channel: u.Channel, To: u.To, Notice: n, Outdated: watch.ListOutdated(slices.Concat(known.Notices, told.Notices), n),
	})
	if err == nil {
		told.Done = append(told.Done, u)
		return
	}
	failed := watch.FailDelivery(u, activities.MapNotDelivered(err), c.now().UTC())
	told.Pending = append(told.Pending, failed)
	v.Failed = append(v.Failed, failed.Error)
	v.Problems = append(v.Problems, problem{plugWarning, "a notice was not delivered: " + failed.Error})
}

// tellWatch sends a signal to the Watch workflow. If it has ended, it is
// started again with everything that it knew.
func (c connection) tellWatch(ctx context.Context, m sessions.Memory, signal string, arg any) error {
	return c.signalWatch(ctx, signal, arg, &m.State)
}
