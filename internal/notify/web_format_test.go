package notify

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"defendersync/internal/config"
)

// openFormat opens a webhook with a format that answers as the vendor does.
func openFormat(t *testing.T, format string, answer http.HandlerFunc) *Notifier {
	t.Helper()
	n, err := OpenChannels(config.SMTP{}, config.Notify{
		WebhookURL: config.NewSecret(serve(t, answer).URL + secretPath), WebhookFormat: format, RoutingKey: config.NewSecret(testRoutingKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The vendors' confirmations: 202 without a body by Teams' workflows, 200 "ok" by
// Slack, 202 with a status by PagerDuty.
func TestTheVendorsConfirmationsAreDeliveries(t *testing.T) {
	for format, tt := range map[string]struct {
		status int
		answer string
		calls  int
	}{
		config.WebhookTeams:     {http.StatusAccepted, "", 1},
		config.WebhookSlack:     {http.StatusOK, "ok", 1},
		config.WebhookPagerDuty: {http.StatusAccepted, `{"status":"success","message":"Event processed","dedup_key":"x"}`, 3},
	} {
		keys := map[string]bool{}
		n := openFormat(t, format, func(w http.ResponseWriter, r *http.Request) {
			keys[r.Header.Get("Idempotency-Key")] = true
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.answer)
		})
		if err := n.PostNotice(t.Context(), failed()); err != nil || len(keys) != tt.calls || n.WebhookFormat() != format {
			t.Errorf("%s (%s): %v after %d calls", format, n.WebhookFormat(), err, len(keys))
		}
	}
}

func TestTheVendorsRefusalsAreTold(t *testing.T) {
	for name, tt := range map[string]struct {
		format    string
		status    int
		answer    string
		permanent bool
		want      []string
	}{
		"a wrong key":          {config.WebhookPagerDuty, 400, `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`, true, []string{"routing_key", "NOTIFY_PAGERDUTY_ROUTING_KEY"}},
		"too many events":      {config.WebhookPagerDuty, 429, ``, false, nil},
		"no confirmation":      {config.WebhookPagerDuty, 200, `{}`, false, []string{"without a confirmation"}},
		"another status":       {config.WebhookPagerDuty, 202, `{"status":"throttled"}`, false, []string{"not delivered"}},
		"a portal's page":      {config.WebhookPagerDuty, 200, `<html><title>Log in</title></html>`, false, []string{"a web page"}},
		"the key in an answer": {config.WebhookPagerDuty, 400, `{"message":"unknown key ` + testRoutingKey + `"}`, true, []string{"[redacted]"}},
		"blocks":               {config.WebhookSlack, 400, `invalid_blocks`, true, []string{"invalid_blocks", "NOTIFY_WEBHOOK_FORMAT"}},
		"a workflow":           {config.WebhookTeams, 400, `{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body did not match its schema"}}`, true, []string{"did not match its schema", "NOTIFY_WEBHOOK_FORMAT"}},
		"a large card":         {config.WebhookTeams, 200, `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413`, true, []string{"413"}},
	} {
		n := openFormat(t, tt.format, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.answer)
		})
		e := wantError(t, n.PostNotice(t.Context(), failed()), tt.status, tt.permanent, tt.want...)
		if strings.Contains(e.Error(), testRoutingKey) || strings.Contains(e.Error(), "s3cret") {
			t.Errorf("%s: a secret is told: %v", name, e)
		}
	}
}

// A trigger that was taken is not held back by a resolve that is not: the resend has
// the same dedup_key.
func TestAResendOfEventsNamesTheSameAlerts(t *testing.T) {
	var sent []string
	calls := 0
	n := openFormat(t, config.WebhookPagerDuty, func(w http.ResponseWriter, r *http.Request) {
		var e event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		sent = append(sent, e.Action+" "+e.DedupKey)
		if calls++; calls == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success"}`)
	})
	wantError(t, n.PostNotice(t.Context(), failed()), 503, false)
	if err := n.PostNotice(t.Context(), failed()); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 5 || !reflect.DeepEqual(sent[:2], sent[2:4]) {
		t.Errorf("sent %q", sent)
	}
}

func TestNothingIsPostedOfWhatIsOutdated(t *testing.T) {
	n := openFormat(t, config.WebhookPagerDuty, func(http.ResponseWriter, *http.Request) { t.Error("something was posted") })
	missed := samples()["missed"]
	if err := n.PostNotice(t.Context(), missed, missed.OpenedMatter()); err != nil {
		t.Error(err)
	}
}

func TestEventsNeedAKey(t *testing.T) {
	_, err := OpenChannels(config.SMTP{}, config.Notify{WebhookURL: config.NewSecret("https://events.pagerduty.com/v2/enqueue"), WebhookFormat: config.WebhookPagerDuty})
	if err == nil || !strings.Contains(err.Error(), "NOTIFY_PAGERDUTY_ROUTING_KEY") {
		t.Errorf("got %v", err)
	}
}

func TestTheHostAdvisesAFormat(t *testing.T) {
	for url, want := range map[string]struct {
		format string
		wrong  bool
	}{
		"https://events.pagerduty.com/v2/enqueue":                   {"pagerduty", true},
		"https://events.eu.pagerduty.com/v2/enqueue":                {"pagerduty", true},
		"https://hooks.slack.com/services/T0/B0/x":                  {"slack", false},
		"https://prod-1.westeurope.logic.azure.com:443/workflows/x": {"teams", false},
		"https://x.environment.api.powerplatform.com/powerautomate": {"teams", false},
		"https://chat.contoso.com/hooks/x":                          {"", false},
		"https://nothooks.slack.com.contoso.com/x":                  {"", false},
	} {
		n, err := OpenChannels(config.SMTP{}, config.Notify{WebhookURL: config.NewSecret(url)})
		if err != nil {
			t.Fatal(err)
		}
		advice, wrong := n.AdviseFormat()
		if wrong != want.wrong || (advice == "") != (want.format == "") || !strings.Contains(advice, want.format) {
			t.Errorf("%s: %q, %v", url, advice, wrong)
		}
		if got := FitFormat(url); got != cmp.Or(want.format, config.WebhookJSON) {
			t.Errorf("%s is made for %s", url, got)
		}
	}
	n := openFormat(t, config.WebhookSlack, nil)
	if advice, _ := n.AdviseFormat(); advice != "" {
		t.Errorf("a format that is set is doubted: %s", advice)
	}
}
