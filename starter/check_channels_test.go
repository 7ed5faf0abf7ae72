package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"defendersync/internal/config"
	"defendersync/internal/testing/mailtest"
)

// checkedChannels are what check finds of the notification channels with settings.
func checkedChannels(t *testing.T, settings ...string) map[string]finding {
	t.Helper()
	s, err := config.Load(t.Context(), settings, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]finding{}
	for _, f := range runDiagnoses(t.Context(), (&doctor{settings: s}).channelDiagnoses(), func(finding) {}) {
		got[f.Check] = f
	}
	return got
}

func TestCheckTellsOfEachChannelWhetherNoticesWouldArrive(t *testing.T) {
	mails := mailtest.StartServer(t, mailtest.Options{})
	var told []string // what the webhook and the ping were asked
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodPost || q.URL.Path == "/ping" {
			told = append(told, q.Method+" "+q.URL.Path)
		}
	}))
	t.Cleanup(hook.Close)
	mail := []string{"INTEGRATION_CONTACTS=ann@contoso.com, bob@contoso.com", "SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(mails.Port), "SMTP_FROM=sync@contoso.com", "SMTP_TLS=none"}
	for name, tc := range map[string]struct {
		settings []string
		check    string
		want     status
		says     string
	}{
		"nobody is told":                   {nil, checkChannels, statusWarning, "set INTEGRATION_CONTACTS"},
		"somebody is":                      {mail, checkChannels, statusOK, "contacts: ann@contoso.com, bob@contoso.com"},
		"no mail server":                   {nil, "Notices: email", statusOff, "set SMTP_HOST"},
		"a mail server":                    {mail, "Notices: email", statusOK, "accepts mail from SMTP_FROM"},
		"a mail server that is not there":  {append(mail[:2:2], "SMTP_PORT=1", "SMTP_FROM=sync@contoso.com", "SMTP_TLS=none"), "Notices: email", statusFailed, "127.0.0.1:1"},
		"no webhook":                       {nil, "Notices: webhook", statusOff, "set NOTIFY_WEBHOOK_URL"},
		"a webhook":                        {[]string{"NOTIFY_WEBHOOK_URL=" + hook.URL}, "Notices: webhook", statusOK, "run 'defendersync notifications test'"},
		"a webhook that is not there":      {[]string{"NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/"}, "Notices: webhook", statusFailed, "127.0.0.1:1"},
		"a webhook that takes events only": {[]string{"NOTIFY_WEBHOOK_URL=https://events.pagerduty.com/v2/enqueue"}, "Notices: webhook", statusWarning, "NOTIFY_WEBHOOK_FORMAT=pagerduty"},
		"no ping":                          {nil, "Notices: ping", statusOff, "set NOTIFY_PING_URL"},
		"a ping, which is not called":      {[]string{"NOTIFY_PING_URL=" + hook.URL + "/ping"}, "Notices: ping", statusUnknown, "not called"},
	} {
		t.Run(name, func(t *testing.T) { finds(t, checkedChannels(t, tc.settings...), tc.want, tc.says, tc.check) })
	}
	if n := len(mails.ListMails()); n != 0 || len(told) != 0 {
		t.Errorf("it sent %d mails, and %q", n, told)
	}
}
