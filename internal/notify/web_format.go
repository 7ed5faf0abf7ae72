package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"defendersync/internal/config"
	"defendersync/internal/contract"
)

// webhook is the receiver of a chat or pager, and how notices are written for it.
type webhook struct {
	*target
	format     string // config.WebhookJSON and its like
	routingKey string // of PagerDuty's events; a secret
}

// newWebhook reads the settings; nil when no URL is configured.
func newWebhook(n config.Notify) (*webhook, error) {
	t, err := newTarget("NOTIFY_WEBHOOK_URL", n.WebhookURL)
	if t == nil || err != nil {
		return nil, err
	}
	w := &webhook{target: t, format: n.WebhookFormat, routingKey: n.RoutingKey.Reveal()}
	switch w.format {
	case "":
		w.format = config.WebhookJSON
	case config.WebhookPagerDuty:
		t.secrets, t.isConfirmed = []string{w.routingKey}, isEventAccepted
		if w.routingKey == "" {
			return nil, fmt.Errorf("NOTIFY_PAGERDUTY_ROUTING_KEY: the events need an integration key")
		}
	}
	return w, nil
}

// message is one request to the webhook.
type message struct {
	body []byte
	line string // the text in it that an answer may repeat
}

// writeMessages writes a notice in the receiver's format. None means that there is
// nothing to tell it. outdated is as in contract.DeliverNoticeParams.
func (w *webhook) writeMessages(n contract.Notice, outdated []string) ([]message, error) {
	switch w.format {
	case config.WebhookTeams:
		return oneMessage(newTeamsMessage(n), FormatSummary(n))
	case config.WebhookSlack:
		return oneMessage(newSlackMessage(n), FormatSummary(n))
	case config.WebhookPagerDuty:
		return writeEvents(newEvents(n, w.routingKey, outdated))
	}
	return oneMessage(body{BodyVersion, FormatSummary(n), n}, FormatSummary(n))
}

func oneMessage(v any, line string) ([]message, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode the notice: %w", err)
	}
	return []message{{text, line}}, nil
}

// headerOf is the header of a notice's request. Each request of a notice has a key
// of its own, the same at every resend.
func headerOf(n contract.Notice, i int) http.Header {
	key := headerKey(n.Key)
	if i > 0 {
		key += "/" + strconv.Itoa(i+1)
	}
	return http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {key}}
}

// cutText shortens a text to a number of characters.
func cutText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// countLines are the counts of a session as lines: "apps: 122 seen, 77 added".
func (p *progress) countLines() []fact {
	columns := []struct {
		name string
		of   func(countRow) string
	}{
		{"Apps", func(r countRow) string { return r.Apps }},
		{"Users of apps", func(r countRow) string { return r.Users }},
		{"People", func(r countRow) string { return r.People }},
	}
	var out []fact
	for _, c := range columns {
		var parts []string
		for _, r := range p.Rows {
			if n := c.of(r); n != "" && n != "0" {
				parts = append(parts, n+" "+r.Name)
			}
		}
		if len(parts) > 0 {
			out = append(out, fact{c.name, strings.Join(parts, ", ")})
		}
	}
	return out
}

// AdviseFormat says which format the webhook's host is made for; "" where nothing is to
// be said. wrong means that the host takes no other.
func (n *Notifier) AdviseFormat() (advice string, wrong bool) {
	if n.webhook == nil || n.webhook.format != config.WebhookJSON {
		return "", false
	}
	switch fitFormat(n.webhook.url.Hostname()) {
	case config.WebhookPagerDuty:
		return "PagerDuty takes events only: set NOTIFY_WEBHOOK_FORMAT=pagerduty and NOTIFY_PAGERDUTY_ROUTING_KEY", true
	case config.WebhookSlack:
		return "Slack shows more with NOTIFY_WEBHOOK_FORMAT=slack", false
	case config.WebhookTeams:
		return "a workflow of Teams needs NOTIFY_WEBHOOK_FORMAT=teams", false
	}
	return "", false
}

// FitFormat returns the format that the host of a webhook's URL is made for; json for
// any other host.
func FitFormat(webhookURL string) string {
	u, err := url.Parse(webhookURL)
	if err != nil {
		return config.WebhookJSON
	}
	return fitFormat(u.Hostname())
}

func fitFormat(host string) string {
	host = "." + strings.ToLower(host)
	for format, domains := range map[string][]string{
		config.WebhookPagerDuty: {".events.pagerduty.com", ".events.eu.pagerduty.com"},
		config.WebhookSlack:     {".hooks.slack.com", ".hooks.slack-gov.com"},
		config.WebhookTeams:     {".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com"},
	} {
		if slices.ContainsFunc(domains, func(domain string) bool { return strings.HasSuffix(host, domain) }) {
			return format
		}
	}
	return config.WebhookJSON
}
