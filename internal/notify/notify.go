// Package notify words notices and sends them: by email to the contacts, to a
// webhook, and by a ping to a service that raises the alarm when none comes.
//
// It sends what it is given, once, and says what came of it in an Error. When
// to send, to whom and whether to try again is decided elsewhere. Neither a
// password nor a channel's URL is ever in an error.
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

// Time limits. A mail server may take its time over a message (RFC 5321,
// 4.5.3.2, allows minutes); a notice that takes longer is better sent again.
const (
	dialLimit  = 20 * time.Second // to connect, with TLS where that comes first
	emailLimit = time.Minute      // of a notice by email, all in all
	mailLimit  = 10 * time.Minute // of a mail with attachments
	webLimit   = 30 * time.Second // of a request to the webhook or the ping
)

// Notifier has the channels that are configured. It is safe for concurrent
// use, and holds no connection.
type Notifier struct {
	mail    *mailServer // nil: no email
	webhook *target     // nil: none
	ping    *target     // nil: none
	client  *http.Client
}

// OpenChannels prepares the channels and sends nothing. An error names the setting
// that can't be used.
func OpenChannels(smtp config.SMTP, n config.Notify) (*Notifier, error) {
	client, err := httpx.NewHTTPClient(httpx.TransportOptions{Timeout: webLimit})
	if err != nil {
		return nil, err
	}
	client.CheckRedirect = sameHostOnly
	out := &Notifier{client: client}
	var mailErr, hookErr, pingErr error
	out.mail, mailErr = newMailServer(smtp)
	out.webhook, hookErr = newTarget("NOTIFY_WEBHOOK_URL", n.WebhookURL)
	out.ping, pingErr = newTarget("NOTIFY_PING_URL", n.PingURL)
	if err := errors.Join(mailErr, hookErr, pingErr); err != nil {
		return nil, err
	}
	return out, nil
}

// HasEmail reports whether there is a mail server.
func (n *Notifier) HasEmail() bool { return n.mail != nil }

// MailServer is the mail server's address; "" when there is none.
func (n *Notifier) MailServer() string {
	if n.mail == nil {
		return ""
	}
	return n.mail.hostPort()
}

// HasWebhook reports whether there is a webhook.
func (n *Notifier) HasWebhook() bool { return n.webhook != nil }

// HasPing reports whether there is a URL to ask for after a good session.
func (n *Notifier) HasPing() bool { return n.ping != nil }

// target is a URL that is a secret.
type target struct {
	setting string
	url     *url.URL
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
