package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"defendersync/internal/config"
	"defendersync/internal/testing/mailtest"
)

// smtpEnviron is the settings of a mail server as an operator sets them.
func smtpEnviron(c config.SMTP, contacts string) []string {
	return []string{
		"SMTP_HOST=" + c.Host, fmt.Sprintf("SMTP_PORT=%d", c.Port), "SMTP_FROM=" + c.From, "SMTP_TLS=" + c.TLS, "SMTP_CA_FILE=" + c.CAFile,
		"SMTP_USERNAME=" + c.Username, "SMTP_PASSWORD=" + c.Password.Reveal(), "INTEGRATION_CONTACTS=" + contacts, "INTEGRATION_NAME=defender-eu",
	}
}

func TestATestNoticeGoesToEveryContactAndTheWebhook(t *testing.T) {
	mails := mailtest.StartServer(t, mailtest.Options{TLS: "starttls", User: "ops", Password: "s3cret-pass"})
	posted := 0
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping" {
			t.Error("the ping says that a session ended well")
		}
		posted++
	}))
	defer hook.Close()
	environ := append(smtpEnviron(mails.SMTPSettings(), "ann@contoso.com, bob@contoso.com"), "INTEGRATION_TIMEZONE=Asia/Tokyo", "NOTIFY_WEBHOOK_URL="+hook.URL+"/s3cret", "NOTIFY_PING_URL="+hook.URL+"/ping")
	got := command(t, environ, nil, "notifications", "test")
	code, out, errs := got.code, got.out, got.err
	if code != exitCompleted || errs != "" || posted != 1 {
		t.Errorf("exit code %d, %d posted, %s", code, posted, errs)
	}
	for _, want := range []string{"✓ email to ann@contoso.com: sent (", "✓ email to bob@contoso.com: sent (", "✓ webhook (json): sent (", "- ping: not tested"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	var to []string
	for _, m := range mails.ListMails() {
		to = append(to, m.To...)
		if got := m.ParseMail(t).GetHeader("Subject"); got != "[defendersync] defender-eu: This is a test: notices arrive" {
			t.Errorf("the subject is %q", got)
		}
		if text := m.ParseMail(t).Text; !strings.Contains(text, " JST") {
			t.Errorf("the time is not that of INTEGRATION_TIMEZONE:\n%s", text)
		}
	}
	if slices.Sort(to); !slices.Equal(to, []string{"ann@contoso.com", "bob@contoso.com"}) {
		t.Errorf("mailed to %v", to)
	}
}

func TestAChannelThatFailsIsToldAndTheOthersStillGetTheirs(t *testing.T) {
	mails := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
		if to == "gone@contoso.com" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
		}
		return nil
	}})
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	environ := append(smtpEnviron(mails.SMTPSettings(), "gone@contoso.com,ann@contoso.com"), "NOTIFY_WEBHOOK_URL="+hook.URL+"/s3cret")
	var got []delivery
	printed := command(t, environ, nil, "notifications", "test", "--output", "json").ends(exitFailed).quiet().decode(&got)
	want := []struct{ channel, to, state, detail string }{
		{"email", "gone@contoso.com", "failed", "INTEGRATION_CONTACTS"},
		{"email", "ann@contoso.com", "sent", ""},
		{"webhook", "", "failed", "NOTIFY_WEBHOOK_URL"},
		{"ping", "", "not configured", "NOTIFY_PING_URL"},
	}
	for i, w := range want {
		if d := got[i]; string(d.Channel) != w.channel || d.To != w.to || string(d.State) != w.state || !strings.Contains(d.Detail, w.detail) {
			t.Errorf("%+v, want %+v", d, w)
		}
	}
	if strings.Contains(printed.out, "s3cret") || len(got) != len(want) || len(mails.ListMails()) != 1 {
		t.Errorf("%d mails\n%s", len(mails.ListMails()), printed.out)
	}
}

func TestWhatIsNotConfiguredIsTold(t *testing.T) {
	mails := mailtest.StartServer(t, mailtest.Options{})
	for name, tc := range map[string]struct {
		environ []string
		prints  string
	}{
		"nothing at all":            {nil, "set SMTP_HOST"},
		"contacts without a server": {[]string{"INTEGRATION_CONTACTS=ann@contoso.com"}, "set SMTP_HOST"},
		"a server without contacts": {smtpEnviron(mails.SMTPSettings(), ""), "set INTEGRATION_CONTACTS"},
	} {
		t.Run(name, func(t *testing.T) {
			command(t, tc.environ, nil, "notifications", "test").ends(exitUsage).
				prints(tc.prints, "- webhook: not configured").says("no channel is configured")
		})
	}
}

func TestWrongSettingsAndWordsOfNotificationsAreUsageErrors(t *testing.T) {
	for want, tc := range map[string]struct{ environ, args []string }{
		"SMTP_PORT":          {[]string{"SMTP_PORT=none"}, []string{"test"}},
		"SMTP_CA_FILE":       {[]string{"SMTP_HOST=h", "SMTP_FROM=a@b.example", "SMTP_CA_FILE=notifications_try_test.go"}, []string{"test"}},
		"takes no arguments": {nil, []string{"test", "me"}},
		"unknown command":    {nil, []string{"tset"}},
		"--output":           {nil, []string{"test", "--output", "xml"}},
	} {
		command(t, tc.environ, nil, append([]string{"notifications"}, tc.args...)...).ends(exitUsage).says(want)
	}
}

func TestAWebhookThatFailsInWordsIsShownAndEachMailboxIsWrittenToOnce(t *testing.T) {
	mail := mailtest.StartServer(t, mailtest.Options{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x")
	}))
	defer hook.Close()
	environ := append(smtpEnviron(mail.SMTPSettings(), "it@contoso.com,IT@CONTOSO.COM, IT Desk <it@contoso.com>"), "NOTIFY_WEBHOOK_URL="+hook.URL)
	got := command(t, environ, nil, "notifications", "test").ends(exitFailed).prints("✗ webhook (json): failed", "HTTP error 429")
	if len(mail.ListMails()) != 1 || strings.Count(got.out, "✓ email to it@contoso.com") != 1 {
		t.Errorf("%d mails: %s", len(mail.ListMails()), got.out)
	}
}

// The receiver answers as PagerDuty does.
func TestATestNoticeIsPostedInTheFormatThatIsSet(t *testing.T) {
	var actions []string
	pager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct {
			Action string `json:"event_action"`
			Key    string `json:"routing_key"`
		}
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || e.Key != strings.Repeat("a1", 16) {
			t.Errorf("posted %+v, %v", e, err)
		}
		actions = append(actions, e.Action)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"success","message":"Event processed"}`)
	}))
	defer pager.Close()
	got := command(t, []string{"INTEGRATION_NAME=defender-eu", "NOTIFY_WEBHOOK_URL=" + pager.URL, "NOTIFY_WEBHOOK_FORMAT=pagerduty", "NOTIFY_PAGERDUTY_ROUTING_KEY=" + strings.Repeat("a1", 16)},
		nil, "notifications", "test")
	if got.code != exitCompleted || !strings.Contains(got.out, "✓ webhook (pagerduty): sent (") || !slices.Equal(actions, []string{"trigger", "resolve"}) {
		t.Errorf("exit code %d, events %q:\n%s%s", got.code, actions, got.out, got.err)
	}
}
