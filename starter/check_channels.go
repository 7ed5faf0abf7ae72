package main

import (
	"context"
	"strings"

	"defendersync/internal/notify"
)

// channels are the checks of the ways that notices go.
func (d *doctor) channels() []diagnosis {
	var n *notify.Notifier
	return []diagnosis{
		{checkChannels, nil, func(context.Context) found {
			var err error
			if n, err = notify.OpenChannels(d.settings.SMTP, d.settings.Notify); err != nil {
				return bad(err)
			}
			if len(d.settings.Integration.Contacts) == 0 {
				return warn("nobody gets notices by email: set INTEGRATION_CONTACTS")
			}
			return well("contacts: %s", strings.Join(d.settings.Integration.Contacts, ", "))
		}},
		{"Notices: email", []string{checkChannels}, func(ctx context.Context) found {
			if !n.HasEmail() {
				return off("not configured: set SMTP_HOST")
			}
			return answered(n.CheckEmail(ctx), "the mail server at %s accepts mail from SMTP_FROM", n.MailServer())
		}},
		{"Notices: webhook", []string{checkChannels}, func(ctx context.Context) found {
			if !n.HasWebhook() {
				return off("not configured: set NOTIFY_WEBHOOK_URL")
			}
			return answered(n.CheckWebhook(ctx), "the host answers; to see whether it accepts notices, run 'defendersync notifications test'")
		}},
		{"Notices: ping", []string{checkChannels}, func(context.Context) found {
			if !n.HasPing() {
				return off("not configured: set NOTIFY_PING_URL")
			}
			return unclear("configured; not called, because a ping means that a session ended well")
		}},
	}
}

func answered(err error, format string, args ...any) found {
	if err != nil {
		return bad(err)
	}
	return well(format, args...)
}
