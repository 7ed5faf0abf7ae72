package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestInitAsksForAWebhookAndPostsNothingToIt(t *testing.T) {
	var posted atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			posted.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer hook.Close()
	url, key := hook.URL+"/hooks/s3cret-key", strings.Repeat("a1", 16)
	for name, tc := range map[string]struct {
		answers []string
		says    string
		lines   []string
	}{
		"the format that fits any host": {[]string{url, ""}, "What it gets: json, teams, slack or pagerduty [json]: ",
			[]string{"NOTIFY_WEBHOOK_URL=" + url, "NOTIFY_WEBHOOK_FORMAT=json"}},
		"another format": {[]string{url, "slack"}, "✓ The webhook's host answers", []string{"NOTIFY_WEBHOOK_FORMAT=slack"}},
		"a pager's":      {[]string{url, "pagerduty", key}, "✓ The webhook's host answers", []string{"NOTIFY_WEBHOOK_FORMAT=pagerduty", "NOTIFY_PAGERDUTY_ROUTING_KEY=" + key}},
		"a format that there is not": {[]string{url, "xml", "", "json"}, `✗ NOTIFY_WEBHOOK_FORMAT="xml"`,
			[]string{"NOTIFY_WEBHOOK_URL=" + url, "NOTIFY_WEBHOOK_FORMAT=json"}},
		"what is no URL": {[]string{"chat", "", url, ""}, "✗ NOTIFY_WEBHOOK_URL: not a URL", []string{"NOTIFY_WEBHOOK_URL=" + url}},
		"a host that is not there": {[]string{"http://127.0.0.1:1/s3cret-key", "", "yes"}, "Keep these settings all the same?",
			[]string{"NOTIFY_WEBHOOK_URL=http://127.0.0.1:1/s3cret-key"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newInitRig(t)
			answers := append([]string{"", ""}, tc.answers...) // no contacts, no mail
			r.answer(nil, append(answers, "", "")...).ends(exitCompleted).hides("s3cret-key", key).says("Webhook URL of a chat or pager (nothing: no webhook) (not shown): ", tc.says)
			r.wrote(tc.lines...)
		})
	}
	if posted.Load() != 0 {
		t.Errorf("%d posts", posted.Load())
	}
}

func TestInitTakesTheWebhookOfTheEnvironmentWithoutATerminal(t *testing.T) {
	hook := httptest.NewServer(http.NotFoundHandler())
	defer hook.Close()
	r := newInitRig(t)
	settings := []string{"NOTIFY_WEBHOOK_URL=" + hook.URL + "/s3cret-key"}
	r.silent(settings, "--webhook-format", "slack").ends(exitCompleted).says("✓ The webhook's host answers").hides("s3cret-key")
	r.wrote("NOTIFY_WEBHOOK_URL="+hook.URL+"/s3cret-key", "NOTIFY_WEBHOOK_FORMAT=slack")
	hook.Close()
	r = newInitRig(t)
	r.silent(settings).ends(exitFailed).says("webhook: reach the host").hides("s3cret-key")
	r.wroteNothing()
	// What is set without a use stays.
	r = newInitRig(t, "SMTP_FROM=sync@contoso.com", "NOTIFY_WEBHOOK_FORMAT=slack")
	r.silent(nil).ends(exitCompleted)
	r.wrote("SMTP_FROM=sync@contoso.com", "NOTIFY_WEBHOOK_FORMAT=slack")
}
