package main

import (
	"context"
	"strings"

	"defendersync/internal/notify"
)

// channelDiagnoses returns the checks of the notification channels.
func (d *doctor) channelDiagnoses() []diagnosis {
	var n *notify.Notifier
	return []diagnosis{
		{checkChannels, nil, func(context.Context) outcome {
			var err error
			if n, err = notify.OpenChannels(d.settings.SMTP, d.settings.Notify); err != nil {
				return foundFailure(err)
			}
			if len(d.settings.Integration.Contacts) == 0 {
				return foundWarning("nobody gets notices by email: set INTEGRATION_CONTACTS")
			}
			return foundOK("contacts: %s", strings.Join(d.settings.Integration.Contacts, ", "))
		}},
		{"Notices: email", []string{checkChannels}, func(ctx context.Context) outcome {
			if !n.HasEmail() {
				return foundOff("not configured: set SMTP_HOST")
			}
			return foundAnswer(n.CheckEmail(ctx), "the mail server at %s accepts mail from SMTP_FROM", n.MailServer())
		}},
		{"Notices: webhook", []string{checkChannels}, func(ctx context.Context) outcome {
			if !n.HasWebhook() {
				return foundOff("not configured: set NOTIFY_WEBHOOK_URL")
			}
			advice, wrong := n.AdviseFormat()
			if wrong {
				return foundWarning("%s", advice)
			}
			if advice != "" {
				advice = "; " + advice
			}
			return foundAnswer(n.CheckWebhook(ctx), "the host answers and gets notices as %s; to see whether it accepts them, run 'defendersync notifications test'%s", n.WebhookFormat(), advice)
		}},
		{"Notices: ping", []string{checkChannels}, func(context.Context) outcome {
			if !n.HasPing() {
				return foundOff("not configured: set NOTIFY_PING_URL")
			}
			return foundUnknown("configured; not called, because a ping means that a session ended well")
		}},
	}
}

func foundAnswer(err error, format string, args ...any) outcome {
	if err != nil {
		return foundFailure(err)
	}
	return foundOK(format, args...)
}
