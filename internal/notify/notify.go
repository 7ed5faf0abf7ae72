// Package notify writes notices and sends them: by email to the contacts, to a
// webhook, and as a ping to a monitoring service that raises an alarm when pings
// stop.
//
// It sends once, and an *Error says why a notice was not delivered. When to send,
// to whom, and whether to try again is decided by the callers. No error holds a
// password or a channel's URL.
package notify

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
)

// Time limits. RFC 5321, 4.5.3.2, allows a mail server minutes for a message; a
// notice that takes longer is better sent again.
const (
	dialLimit  = 20 * time.Second // to connect, with TLS where that comes first
	emailLimit = time.Minute      // for a notice by email, from connecting to the server's answer
	mailLimit  = 10 * time.Minute // for a mail with attachments
	webLimit   = 30 * time.Second // for a request to the webhook or the ping
)

// Notifier holds the configured channels. It is safe for concurrent use and keeps
// no connection open.
type Notifier struct {
	mail    *mailServer // nil: not configured
	webhook *webhook    // nil: not configured
	ping    *target     // nil: not configured
	client  *http.Client
}

// OpenChannels prepares the channels and sends nothing. Its error names every
// setting that is invalid.
func OpenChannels(smtp config.SMTP, n config.Notify) (*Notifier, error) {
	client, err := httpx.NewHTTPClient(httpx.TransportOptions{Timeout: webLimit})
	if err != nil {
		return nil, err
	}
	client.CheckRedirect = sameHostOnly
	out := &Notifier{client: client}
	var mailErr, hookErr, pingErr error
	out.mail, mailErr = newMailServer(smtp)
	out.webhook, hookErr = newWebhook(n)
	out.ping, pingErr = newTarget("NOTIFY_PING_URL", n.PingURL)
	if err := errors.Join(mailErr, hookErr, pingErr); err != nil {
		return nil, err
	}
	return out, nil
}

// HasEmail reports whether a mail server is configured.
func (n *Notifier) HasEmail() bool { return n.mail != nil }

// MailServer returns the mail server's host and port; "" when none is configured.
func (n *Notifier) MailServer() string {
	if n.mail == nil {
		return ""
	}
	return n.mail.hostPort()
}

// HasWebhook reports whether a webhook is configured.
func (n *Notifier) HasWebhook() bool { return n.webhook != nil }

// WebhookFormat names what the webhook gets: "json", "teams", "slack" or "pagerduty";
// "" when none is configured.
func (n *Notifier) WebhookFormat() string {
	if n.webhook == nil {
		return ""
	}
	return n.webhook.format
}

// HasPing reports whether a URL is configured that is requested after each
// completed session.
func (n *Notifier) HasPing() bool { return n.ping != nil }

// target is a URL, which is a secret, and the setting that it comes from.
type target struct {
	setting string
	url     *url.URL
	secrets []string // what else an answer may repeat and nobody may see

	// isConfirmed reports whether a 2xx answer confirms the delivery, where the
	// receiver is known to say so; nil: see judgeBody.
	isConfirmed func(answer []byte) bool
}

func newTarget(setting string, secret config.Secret) (*target, error) {
	if !secret.IsSet() {
		return nil, nil
	}
	u, err := url.Parse(secret.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%s: not a URL that begins with https://", setting)
	}
	return &target{setting: setting, url: u}, nil
}
