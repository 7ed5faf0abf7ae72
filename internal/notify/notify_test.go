package notify

import (
	"strings"
	"testing"

	"defendersync/internal/config"
)

func TestWithoutSettingsThereIsNoChannel(t *testing.T) {
	n, err := OpenChannels(config.SMTP{}, config.Notify{})
	if err != nil || n.HasEmail() || n.HasWebhook() || n.HasPing() || n.MailServer() != "" {
		t.Errorf("%v: email %v, webhook %v, ping %v, mail server %q", err, n.HasEmail(), n.HasWebhook(), n.HasPing(), n.MailServer())
	}
}

func TestEachChannelIsOpenedByItsOwnSetting(t *testing.T) {
	secret := config.NewSecret("https://hooks.contoso.com/x")
	for name, c := range map[string]struct {
		smtp                 config.SMTP
		notify               config.Notify
		email, webhook, ping bool
		server               string
	}{
		"email":           {smtp: config.SMTP{Host: "mail.contoso.com", Port: 587, TLS: "starttls", From: "it@contoso.com"}, email: true, server: "mail.contoso.com:587"},
		"email over IPv6": {smtp: config.SMTP{Host: "[::1]", Port: 25, TLS: "none", From: "it@contoso.com"}, email: true, server: "[::1]:25"},
		"a webhook":       {notify: config.Notify{WebhookURL: secret}, webhook: true},
		"a ping":          {notify: config.Notify{PingURL: config.NewSecret("http://127.0.0.1/p")}, ping: true},
	} {
		n, err := OpenChannels(c.smtp, c.notify)
		if err != nil || n.HasEmail() != c.email || n.HasWebhook() != c.webhook || n.HasPing() != c.ping || n.MailServer() != c.server {
			t.Errorf("%s: %v, email %v (%s), webhook %v, ping %v", name, err, n.HasEmail(), n.MailServer(), n.HasWebhook(), n.HasPing())
		}
	}
}

func TestEverySettingThatIsInvalidIsNamedAtOnce(t *testing.T) {
	_, err := OpenChannels(
		config.SMTP{Host: "mail.contoso.com", Port: 587, TLS: "none", From: "it@contoso.com", Password: config.NewSecret("hunter2-long")},
		config.Notify{WebhookURL: config.NewSecret("ftp://hooks.contoso.com/secret-path"), PingURL: config.NewSecret("https:///no-host")})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"SMTP_TLS", "NOTIFY_WEBHOOK_URL", "NOTIFY_PING_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v names no %s", err, want)
		}
	}
	for _, secret := range []string{"hunter2", "secret-path", "no-host"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v holds the secret %s", err, secret)
		}
	}
}

func TestMailSettingsThatAreInvalidAreNamed(t *testing.T) {
	for setting, c := range map[string]config.SMTP{
		"SMTP_CA_FILE": {Host: "mail.contoso.com", TLS: "tls", CAFile: "/nowhere/ca.pem"},
		"SMTP_HOST":    {Host: "ü..contoso.com", TLS: "tls"},
		"SMTP_HELO":    {Host: "mail.contoso.com", TLS: "tls", Helo: "ü..contoso.com"},
	} {
		if _, err := OpenChannels(c, config.Notify{}); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
