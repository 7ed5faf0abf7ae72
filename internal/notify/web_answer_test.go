package notify

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGoodAnswersAreGood(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "Slack": "ok", "Teams": "1", "blank": "\r\n", "Mattermost": "ok", "Healthchecks": "OK", "a snitch": "Got it, thanks!",
		"Slack's other methods": `{"ok":true,"channel":"C1","ts":"1503435956.000247","message":{"text":"Here's a message, failed: 3","error":"none"}}`,
		"Slack's trigger":       `{"ok":true}`,
		"Telegram":              `{"ok":true,"result":{"message_id":7,"text":"session failed"}}`,
		"Rocket.Chat":           `{"success":true}`,
		"DingTalk":              `{"errcode":0,"errmsg":"ok"}`,
		"Feishu":                `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`,
		"PagerDuty":             `{"status":"success","message":"Event processed","dedup_key":"x"}`,
		"Opsgenie":              `{"result":"Request will be processed","took":0.1,"requestId":"43a29c5c"}`,
		"Splunk On-Call":        `{"result":"success","entity_id":"x"}`,
		"Zapier":                `{"attempt":"1","id":"2","request_id":"3","status":"success"}`,
		"n8n":                   `{"message":"Workflow was started"}`,
		"Make":                  "Accepted",
		"IFTTT":                 "Congratulations! You've fired the session event",
		"Zulip":                 `{"result":"success","msg":"","id":42}`,
		"Uptime Kuma":           `{"ok":true}`,
		"Google Chat":           `{"name":"spaces/A/messages/B","sender":{"displayName":"bot"},"text":"The session failed: error"}`,
		"no errors":             "Processed, 0 errors", "an empty list": `{"errors":[],"error":null}`, "a status": `{"status":201}`, "a code": `{"code":"200"}`,
		"a code of its own": `{"code":10000,"msg":"ok"}`, "a message that repeats": `{"success":true,"message":"Error notice delivered"}`, "none of them": "delivered 1 message, 0 failed",
		"counts":           `{"failed_count":0,"errno":0,"ret":0}`,
		"a mark before it": "\ufeffok", "a number": "42", "a list": `[{"status":"queued"}]`, "a text": `"ok"`, "no error": "no error", "error none": "error: none",
		"a page's name": "text/html accepted", "cut off": `{"ok":tr`,
	} {
		if v := judgeBody([]byte(body), "posted"); v.failed {
			t.Errorf("%s: %q is taken for a failure: %+v", name, body, v)
		}
	}
}

func TestFailuresInWordsAreFailures(t *testing.T) {
	const pass, stay = false, true
	for body, permanent := range map[string]bool{
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0,server=X": pass,
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 403 with ContextId tcid=0":          stay,
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413":                                stay,
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 503":                                pass,
		"invalid_payload": stay, "no_text": stay, "no_service": stay, "channel_is_archived": stay, "action_prohibited": stay, "no_active_hooks": stay,
		"channel_not_found": stay, "rate_limited": pass, "rollup_error": pass, "invalid_token": stay, "INVALID PAYLOAD": stay, "No text": stay,
		"OK (not found)": stay, "OK (rate limited)": pass, "Error: Too Many Requests": pass, "upstream timed out": pass, "Service Unavailable": pass, "KO false": pass,
		`{"ok":false,"error":"channel_not_found"}`: stay, `{"ok":false,"error":"ratelimited"}`: pass, `{"OK": false}`: pass, `{"ok":"false","error":"internal_error"}`: pass,
		`{"status":"error","message":"invalid token"}`: stay, `{"status":"error"}`: pass, `{"Status":"Failed"}`: pass, `{"status":"fail","data":null}`: pass,
		`{"success":false,"error":"unauthorized"}`: stay, `{"errcode":310000,"errmsg":"keywords not in content"}`: stay, `{"errcode":93000,"errmsg":"invalid webhook url"}`: stay,
		`{"code":9499,"msg":"Bad Request","data":{}}`: stay, `{"result":"failure","message":"no such route"}`: stay, `{"errors":["text is missing"]}`: stay,
		`{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}`: pass, `{"error":true,"message":"x"}`: pass, `{"status":500,"title":"oops"}`: pass,
		`{"statusCode":"400"}`: stay, `{"response":{"ok":false,"error":"expired"}}`: stay, `[{"status":"error","message":"quota"}]`: pass, `{"message":"Forbidden"}`: stay,
		`{"errorMessage":"Task timed out after 3.00 seconds"}`: pass, `{"delivered":false}`: pass, `{"data":[{"success":0}]}`: pass, "\ufeff{\"ok\":false}": pass,
		"Bad payload received by generic incoming webhook.": stay, "Summary or Text is required.": stay, "Please log in": stay, "ERR": pass, "NOK": pass, "quota exceeded": pass,
		`{"success":"no"}`: pass, `{"sent":false}`: pass, `{"error_code":1}`: pass, `{"errno":5}`: pass, `{"ret":-1}`: pass, `{"status":false}`: pass, `{"status":"nack"}`: pass,
		`{"fault":{"faultstring":"x"}}`: pass, `{"odata.error":{"code":"x"}}`: pass, `{"failed_count":1}`: pass, "<a href=\"/login\">Found</a>": pass, "<iframe src=x>": pass,
		"<!DOCTYPE html><html><head><title>Sign in to Contoso</title></head></html>": pass, "\n <!-- proxy --> <HTML><body>blocked": pass,
		"<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"\">": pass, "<script>location='/login'</script>": pass, "<meta http-equiv=refresh content=0>": pass,
	} {
		if v := judgeBody([]byte(body), "posted"); !v.failed || v.permanent != permanent || v.says == "" {
			t.Errorf("%q: %+v, want permanent %v", body, v, permanent)
		}
	}
}

// TestAWebhookThatFailsInWordsIsToldAndTriedAgain is the answer of Teams under
// load: 200, and what became of it in words.
func TestAWebhookThatFailsInWordsIsToldAndTriedAgain(t *testing.T) {
	answers := []string{
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0",
		`{"ok":false,"error":"invalid_payload"}`,
		"<html><head><title>Sign in</title></head></html>",
		"1",
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		_, _ = io.WriteString(w, answers[0])
		answers = answers[1:]
	})
	n := openWeb(t, s.URL+secretPath)
	e := wantError(t, n.PostNotice(t.Context(), failed()), 200, false, "not delivered", "HTTP error 429", "NOTIFY_WEBHOOK_URL")
	if e.RetryAfter != 7*time.Second {
		t.Errorf("to be tried again after %v", e.RetryAfter)
	}
	wantError(t, n.PostNotice(t.Context(), failed()), 200, true, "invalid_payload")
	wantError(t, n.PostNotice(t.Context(), failed()), 200, false, "a web page", "Sign in")
	if err := n.PostNotice(t.Context(), failed()); err != nil {
		t.Error(err)
	}
}

func TestAPingThatDidNotCountIsTold(t *testing.T) {
	body := "OK (not found)"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			_, _ = io.WriteString(w, "<!doctype html><title>Log in</title>")
			return
		}
		if body == "" {
			http.Redirect(w, r, "/login", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, body)
	})
	n := openWeb(t, s.URL+secretPath)
	wantError(t, n.SendPing(t.Context()), 200, true, "not found", "NOTIFY_PING_URL")
	body = ""
	wantError(t, n.SendPing(t.Context()), 200, false, "a web page", "Log in")
	body = "OK"
	if err := n.SendPing(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhatIsRepeatedOfANoticeIsNoFailure has receivers that answer with what
// they were sent, as several do: its words are about the session.
func TestWhatIsRepeatedOfANoticeIsNoFailure(t *testing.T) {
	for name, answer := range map[string]func(posted string) string{
		"all of it": func(p string) string { return p },
		"as a message": func(p string) string {
			b, _ := json.Marshal(map[string]string{"event": "message", "message": p})
			return string(b)
		},
		"within a text":  func(p string) string { return "received: " + p },
		"the text alone": func(string) string { return "thanks for: " + FormatSummary(failed()) },
		"in a wrapper":   func(p string) string { return `{"ok":true,"json":` + p + `}` },
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			posted, _ := io.ReadAll(r.Body)
			_, _ = io.WriteString(w, answer(string(posted)))
		})
		if err := openWeb(t, s.URL).PostNotice(t.Context(), failed()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFailureInWordsNeverShowsTheURL(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"ok":false,"error":"no hook at `+r.RequestURI+strings.Repeat(" s3crettoken", 30)+`"}`)
	})
	err := openWeb(t, s.URL+secretPath).PostNotice(t.Context(), failed())
	if e := wantError(t, err, 200, true, "[redacted]"); strings.Contains(e.Error(), "s3cret") {
		t.Error(e)
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(`{"ok":false}`, "x")
	f.Add("<!--", "")
	f.Fuzz(func(t *testing.T, body, posted string) {
		if v := judgeBody([]byte(body), posted); v.failed && v.says == "" {
			t.Errorf("%q: a failure without words", body)
		}
	})
}
