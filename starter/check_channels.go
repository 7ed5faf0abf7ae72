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
				return warn("nobody is notified by email: set INTEGRATION_CONTACTS")
			}
			return well("contacts: %s", strings.Join(d.settings.Integration.Contacts, ", "))
		}},
		{"Notices: email", []string{checkChannels}, func(ctx context.Context) found {
			if !n.HasEmail() {
				return off("not set up: set SMTP_HOST")
			}
			return answered(n.CheckEmail(ctx), "the mail server at %s takes our mail", n.MailServer())
		}},
		{"Notices: webhook", []string{checkChannels}, func(ctx context.Context) found {
			if !n.HasWebhook() {
				return off("not set up: set NOTIFY_WEBHOOK_URL")
			}
			return answered(n.CheckWebhook(ctx), "its host answers; 'defendersync notifications test' shows whether it takes notices")
		}},
		{"Notices: ping", []string{checkChannels}, func(context.Context) found {
			if !n.HasPing() {
				return off("not set up: set NOTIFY_PING_URL")
			}
			return unclear("set up; not tried, since a ping tells of a good session")
		}},
	}
}

func answered(err error, format string, args ...any) found {
	if err != nil {
		return bad(err)
	}
	return well(format, args...)
}
