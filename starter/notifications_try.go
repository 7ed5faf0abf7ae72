package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/notify"
)

// notificationsTestCommand sends a test notice through every channel.
func (c commands) notificationsTestCommand() *cli.Command {
	return &cli.Command{
		Name:  "test",
		Usage: "Send a test notice to every contact and to the webhook",
		Description: describe("Needs the settings of the channels: INTEGRATION_CONTACTS, SMTP_ and NOTIFY_. Temporal is not needed. The ping "+
			"URL is not called, because a ping means that a session ended well.\n\n"+
			"Exit codes: 0 every configured channel took the notice; 1 at least one did not; 2 no channel is configured, or a "+
			"setting is wrong.",
			"defendersync notifications test"),
		Flags:  []cli.Flag{outputFlag()},
		Action: c.testChannels,
	}
}

// deliveryState is what came of a channel in a test.
type deliveryState string

// States of a channel in a test.
const (
	stateSent   deliveryState = "sent"
	stateFailed deliveryState = "failed"
	stateUnset  deliveryState = "not configured"
	stateNotRun deliveryState = "not tested"
)

// delivery is the result of a test notice on one channel.
type delivery struct {
	Channel notify.Channel   `json:"channel"`
	To      string           `json:"to,omitempty"`     // the contact
	Format  string           `json:"format,omitempty"` // of the webhook's body
	State   deliveryState    `json:"state"`
	Took    envelope.Seconds `json:"tookSeconds"`
	Detail  string           `json:"detail,omitempty"` // why not, and what to do

	send func(context.Context, contract.Notice) error
}

func (c commands) testChannels(ctx *cli.Context) error {
	settings, err := config.Load(ctx.Context, c.environ, 0)
	if err != nil {
		return usageError(err)
	}
	n, err := notify.OpenChannels(settings.SMTP, settings.Notify)
	if err != nil {
		return usageError(err)
	}
	deliveries := planDeliveries(n, settings.Integration.Contacts)
	sendAll(ctx.Context, deliveries, testNotice(settings.Integration, "defendersync notifications test", c.now()))
	if ctx.String("output") == "json" {
		err = envelope.WriteList(c.out, c.headOf(ctx, settings.Integration.Name), deliveries)
	} else {
		c.printDeliveries(deliveries)
	}
	if err != nil {
		return err
	}
	return exitOfDeliveries(deliveries)
}

// testNotice is a notice that says that it is a test, of a command.
func testNotice(of config.Integration, by string, now time.Time) contract.Notice {
	now = now.UTC()
	return contract.Notice{
		Key: of.Name + "/test/" + now.Format(time.RFC3339Nano), Kind: contract.NoticeTest, Integration: of.Name, At: now, Timezone: of.Timezone,
		Headline: "This is a test: notices arrive",
		Cause:    "Somebody ran '" + by + "'.",
		Todo:     "Nothing. If a session fails, stalls or is missed, you will get a notice like this.",
	}
}

// planDeliveries lists the deliveries to make, and says of the other channels
// why not.
func planDeliveries(n *notify.Notifier, contacts []string) []delivery {
	var out []delivery
	switch {
	case !n.HasEmail():
		out = append(out, delivery{Channel: notify.Email, State: stateUnset, Detail: "set SMTP_HOST, SMTP_FROM and INTEGRATION_CONTACTS to get notices by email"})
	case len(contacts) == 0:
		out = append(out, delivery{Channel: notify.Email, State: stateUnset, Detail: "set INTEGRATION_CONTACTS: a mail server is set, but no contact"})
	default:
		for _, to := range contacts {
			out = append(out, delivery{Channel: notify.Email, To: to, send: func(ctx context.Context, what contract.Notice) error {
				return n.EmailNotice(ctx, what, to)
			}})
		}
	}
	hook := delivery{Channel: notify.Webhook, Format: n.WebhookFormat(), send: func(ctx context.Context, what contract.Notice) error {
		return n.PostNotice(ctx, what)
	}}
	if !n.HasWebhook() {
		hook = delivery{Channel: notify.Webhook, State: stateUnset, Detail: "set NOTIFY_WEBHOOK_URL to post notices to a chat or pager"}
	}
	ping := delivery{Channel: notify.Ping, State: stateNotRun, Detail: "it is called only after a session that ended well"}
	if !n.HasPing() {
		ping.State, ping.Detail = stateUnset, "set NOTIFY_PING_URL so that a monitoring service raises an alarm if no session ends well"
	}
	return append(out, hook, ping)
}

// sendAll sends on all channels concurrently, so that a channel that does not
// answer delays no other.
func sendAll(ctx context.Context, deliveries []delivery, what contract.Notice) {
	var group sync.WaitGroup
	for i := range deliveries {
		d := &deliveries[i]
		if d.send == nil {
			continue
		}
		group.Go(func() {
			began := time.Now()
			err := d.send(ctx, what)
			d.Took, d.State = envelope.Seconds(time.Since(began)), stateSent
			if err != nil {
				d.State, d.Detail = stateFailed, err.Error()
			}
		})
	}
	group.Wait()
}

func (c commands) printDeliveries(deliveries []delivery) {
	for _, d := range deliveries {
		name := string(d.Channel)
		if d.To != "" {
			name += " to " + d.To
		}
		if d.Format != "" {
			name += " (" + d.Format + ")"
		}
		switch d.State {
		case stateSent:
			fmt.Fprintf(c.out, "✓ %s: sent (%s)\n", name, time.Duration(d.Took).Round(time.Millisecond))
		case stateFailed:
			fmt.Fprintf(c.out, "✗ %s: failed (%s)\n", name, time.Duration(d.Took).Round(time.Millisecond))
		default:
			fmt.Fprintf(c.out, "- %s: %s\n", name, d.State)
		}
		if d.Detail != "" {
			fmt.Fprintf(c.out, "    %s\n", d.Detail)
		}
	}
}

func exitOfDeliveries(deliveries []delivery) error {
	sent := 0
	for _, d := range deliveries {
		switch d.State {
		case stateFailed:
			return exitError{code: exitFailed}
		case stateSent:
			sent++
		}
	}
	if sent == 0 {
		return usageError(fmt.Errorf("no channel is configured: nobody is notified when a session fails"))
	}
	return nil
}
