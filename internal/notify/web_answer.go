package notify

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// What the body of a 2xx answer says. Several services report only there that
// nothing was delivered:
//
//   - Teams' incoming webhooks answer 200 with "1" when a message is posted, and
//     200 with "Webhook message delivery failed with error: Microsoft Teams
//     endpoint returned HTTP error 429 with ContextId …" when it is not
//     (learn.microsoft.com, "Create incoming webhooks", rate limiting). Their
//     successor, workflows, answers 202 with an empty body.
//   - Slack's incoming webhooks answer "ok", or words such as invalid_payload,
//     no_text, no_service (docs.slack.dev, "Sending messages using incoming
//     webhooks"). Slack's other methods and Telegram answer
//     {"ok":false,"error":…}.
//   - DingTalk and WeCom answer 200 with {"errcode":310000,"errmsg":…}, where 0
//     is success; Feishu with {"code":9499,…} (their pages on custom robots).
//   - PagerDuty's events answer {"status":"success",…}, Splunk On-Call
//     {"result":"failure",…}.
//   - Healthchecks answers a ping with "OK", but a ping that was not counted with
//     200 and "OK (not found)" or "OK (rate limited)"
//     (healthchecks.io/docs/http_api).
//   - A proxy, a captive portal or a single sign-on answers every request with 200
//     and an HTML page.
//
// The rules, in their order: an empty body or a short confirmation is success. An
// HTML page is a failure. In JSON, the fields that report success or failure are
// read, at the top and one level below; other fields may repeat what was posted.
// Plain text is searched for words of failure, after what was posted is removed.
// Everything else is success, since nobody knows the words of every receiver.

// verdict is what a body says.
type verdict struct {
	failed    bool
	permanent bool   // a retry won't help
	says      string // the body's words
}

// judgeBody judges the body of a 2xx answer. posted is what the body may repeat.
func judgeBody(body []byte, posted ...string) verdict {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) == 0 {
		return verdict{}
	}
	if isPage(body) {
		return verdict{failed: true, says: "a web page in place of a confirmation" + pageTitle(body)}
	}
	if v, isJSON := parseAnswer(body); isJSON {
		said, failed := failureIn(v, 0, posted)
		return verdict{failed: failed, permanent: failed && !mayPass(said), says: said}
	}
	if !tellsFailure(string(body), posted) {
		return verdict{}
	}
	return verdict{failed: true, permanent: !mayPass(string(body)), says: string(body)}
}

// tellsFailure reports whether a text has words of failure apart from what was
// posted.
func tellsFailure(text string, posted []string) bool {
	for _, p := range posted {
		if p != "" {
			text = strings.ReplaceAll(text, p, "")
		}
	}
	return failureWords.MatchString(harmless.ReplaceAllString(text, " "))
}

// parseAnswer reads an object or a list; false for other bodies.
func parseAnswer(body []byte) (v any, isJSON bool) {
	if !bytes.ContainsAny(body[:1], "{[") || json.Unmarshal(body, &v) != nil {
		return nil, false
	}
	return v, true
}

// Words of failure in plain text, and phrases that have such words but report no
// failure. An underscore counts as a blank: no_text, "no text".
var (
	failureWords = regexp.MustCompile(`(?i)(?:\b|_)(?:fail(?:ed|ure|s)?|errors?|exception|invalid|denied|forbidden|unauthori[sz]ed|unauthenticated|expired|revoked|disabled|` +
		`rejected|refused|unavailable|err|fault|nack|ko|nok|blocked|overloaded|exceeded|undeliver(?:ed|able)|dropped|discarded|timed?[ _-]?out|too[ _]many|rate[ _-]?limit(?:ed)?|throttled|bad[ _]payload|is[ _]required|(?:sign|log)[ _]in[ _]to|please[ _](?:sign|log)[ _]in|try[ _]again[ _]later|not[ _](?:found|accepted|processed|allowed|authori[sz]ed|active|supported|delivered|sent|ok)|no[ _](?:text|service|team|active_hooks|such)|` +
		`prohibited|is_archived|missing|malformed|bad[ _](?:request|gateway)|unknown|unsuccessful|false)(?:\b|_)`)
	harmless = regexp.MustCompile(`(?i)\b(?:no|0|zero|without(?: any)?)[ _](?:err|errors?|failures?|failed|rejected|dropped|blocked|invalid|undelivered)\b|\b(?:err|errors?|failed|failures?|rejected|dropped|blocked|invalid|undelivered|discarded)["']?\s*[:=]\s*(?:0|none|null|nil|false|\[\])\b?`)
	passing  = regexp.MustCompile(`(?i)rate[ _-]?limit|ratelimit|too[ _]many|throttl|unavailable|time[d]?[ _-]?out|try (?:again|later)|temporar|overload|maintenance|internal (?:server )?error|server_error|bad gateway|busy`)
	statusIn = regexp.MustCompile(`(?i)\b(?:http|status|error|code)[ _:=]*(?:error|status|code)?[ _:="]*([45]\d\d)\b`)
)

// mayPass reports whether a retry may help: by a status among the words, else by
// the words. In doubt it may.
func mayPass(said string) bool {
	if m := statusIn.FindStringSubmatch(said); m != nil {
		status, _ := strconv.Atoi(m[1])
		return passingStatus(status)
	}
	return passing.MatchString(said) || !regexp.MustCompile(`(?i)invalid|denied|forbidden|authori|authenticat|expired|revoked|disabled|not[ _]|no[ _]|prohibited|archived|missing|malformed|bad[ _](?:request|payload)|is[ _]required|(?:sign|log)[ _]in|unknown`).MatchString(said)
}

// passingStatus reports whether a status may be another one at the next try.
func passingStatus(status int) bool {
	return status == 408 || status == 425 || status == 429 || status >= 500
}

// isPage recognises HTML by its beginning. The content type says nothing: services
// send plain words as text/html.
func isPage(body []byte) bool {
	start := bytes.ToLower(body[:min(len(body), 512)])
	for {
		start = bytes.TrimSpace(start)
		rest, comment := bytes.CutPrefix(start, []byte("<!--"))
		end := bytes.Index(rest, []byte("-->"))
		if !comment || end < 0 {
			break
		}
		start = rest[end+3:]
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<script", "<style", "<form", "<h1", "<h2", "<center", "<div", "<a ", "<iframe", "<frameset", "<noscript", "<table", "<link", "<base", "<?xml version"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return tag != "<?xml version" || bytes.Contains(start, []byte("<html"))
		}
	}
	return false
}

var titleTag = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// pageTitle returns the title of an HTML page, for the error.
func pageTitle(body []byte) string {
	if m := titleTag.FindSubmatch(body); m != nil && len(bytes.TrimSpace(m[1])) > 0 {
		return `, "` + string(bytes.TrimSpace(m[1])) + `"`
	}
	return ""
}
