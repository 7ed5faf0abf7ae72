package notify

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// What an answer with a status of 2xx says in its body. Several services say
// there, and there alone, that nothing was delivered:
//
//   - Teams' incoming webhooks answer 200 with "1" when a message is posted and
//     200 with "Webhook message delivery failed with error: Microsoft Teams
//     endpoint returned HTTP error 429 with ContextId …" when it is not
//     (learn.microsoft.com, "Create incoming webhooks", rate limiting). Its
//     successor, workflows, answers 202 with nothing.
//   - Slack's incoming webhooks answer "ok", and words such as invalid_payload,
//     no_text, no_service (docs.slack.dev, "Sending messages using incoming
//     webhooks"); its other methods and Telegram's {"ok":false,"error":…}.
//   - DingTalk and WeCom answer 200 with {"errcode":310000,"errmsg":…}, 0 being
//     good; Feishu with {"code":9499,…} (their pages on custom robots).
//   - PagerDuty's events answer {"status":"success",…}, Splunk On-Call's
//     {"result":"failure",…}.
//   - Healthchecks answers a ping with "OK", and 200 with "OK (not found)" or
//     "OK (rate limited)" when it came to nothing (healthchecks.io/docs/http_api).
//   - A proxy, a captive portal or a single sign-on answers 200 with a page in
//     HTML whatever was asked.
//
// The rule, in its order: nothing, and a short confirmation, is good. A page in
// HTML is a failure. Of JSON, the fields that say whether it worked are read, at
// the top and one level below; every other field may repeat what was posted. Of
// plain text, words of failure are looked for, once what was posted is taken out.
// All else is good: a receiver's own words can't be known.

// verdict is what a body says.
type verdict struct {
	failed    bool
	permanent bool   // sending the same again won't help
	says      string // the body's own words
}

// judgeBody reads the body of a 2xx answer to what was posted.
func judgeBody(body []byte, posted ...string) verdict {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) == 0 {
		return verdict{}
	}
	if isPage(body) {
		return verdict{failed: true, says: "a web page where a confirmation belongs" + pageTitle(body)}
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

// tellsFailure looks for words of failure in a text, without what was posted.
func tellsFailure(text string, posted []string) bool {
	for _, p := range posted {
		if p != "" {
			text = strings.ReplaceAll(text, p, "")
		}
	}
	return failureWords.MatchString(harmless.ReplaceAllString(text, " "))
}

// parseAnswer reads an object, a list or a text between quotes.
func parseAnswer(body []byte) (v any, isJSON bool) {
	if !bytes.ContainsAny(body[:1], "{[") || json.Unmarshal(body, &v) != nil {
		return nil, false
	}
	return v, true
}

// Words of failure in plain text, and phrases that hold them and mean none.
// Underscores and blanks don't differ: no_text, "no text".
var (
	failureWords = regexp.MustCompile(`(?i)(?:\b|_)(?:fail(?:ed|ure|s)?|errors?|exception|invalid|denied|forbidden|unauthori[sz]ed|unauthenticated|expired|revoked|disabled|` +
		`rejected|refused|unavailable|err|fault|nack|ko|nok|blocked|overloaded|exceeded|undeliver(?:ed|able)|dropped|discarded|timed?[ _-]?out|too[ _]many|rate[ _-]?limit(?:ed)?|throttled|bad[ _]payload|is[ _]required|(?:sign|log)[ _]in[ _]to|please[ _](?:sign|log)[ _]in|try[ _]again[ _]later|not[ _](?:found|accepted|processed|allowed|authori[sz]ed|active|supported|delivered|sent|ok)|no[ _](?:text|service|team|active_hooks|such)|` +
		`prohibited|is_archived|missing|malformed|bad[ _](?:request|gateway)|unknown|unsuccessful|false)(?:\b|_)`)
	harmless = regexp.MustCompile(`(?i)\b(?:no|0|zero|without(?: any)?)[ _](?:err|errors?|failures?|failed|rejected|dropped|blocked|invalid|undelivered)\b|\b(?:err|errors?|failed|failures?|rejected|dropped|blocked|invalid|undelivered|discarded)["']?\s*[:=]\s*(?:0|none|null|nil|false|\[\])\b?`)
	passing  = regexp.MustCompile(`(?i)rate[ _-]?limit|ratelimit|too[ _]many|throttl|unavailable|time[d]?[ _-]?out|try (?:again|later)|temporar|overload|maintenance|internal (?:server )?error|server_error|bad gateway|busy`)
	statusIn = regexp.MustCompile(`(?i)\b(?:http|status|error|code)[ _:=]*(?:error|status|code)?[ _:="]*([45]\d\d)\b`)
)

// mayPass reports whether a failure is one that waiting may cure: by a status
// among its words, else by the words, else it is taken for one.
func mayPass(said string) bool {
	if m := statusIn.FindStringSubmatch(said); m != nil {
		status, _ := strconv.Atoi(m[1])
		return passingStatus(status)
	}
	return passing.MatchString(said) || !regexp.MustCompile(`(?i)invalid|denied|forbidden|authori|authenticat|expired|revoked|disabled|not[ _]|no[ _]|prohibited|archived|missing|malformed|bad[ _](?:request|payload)|is[ _]required|(?:sign|log)[ _]in|unknown`).MatchString(said)
}

// passingStatus tells statuses that may be another at the next try.
func passingStatus(status int) bool {
	return status == 408 || status == 425 || status == 429 || status >= 500
}

// longestMessage is the most that a message about a failure has, in bytes.
const longestMessage = 300

// Fields of a JSON answer that say whether it worked. Their names are compared
// in small letters and without anything between these.
var (
	goodFlags = map[string]bool{"ok": true, "success": true, "successful": true, "succeeded": true, "delivered": true, "accepted": true, "issuccess": true, "sent": true}
	badFlags  = map[string]bool{"error": true, "errors": true, "iserror": true, "haserrors": true, "failed": true, "failure": true, "errormessage": true, "errordescription": true,
		"fault": true, "exception": true, "odataerror": true, "@odataerror": true, "failures": true, "failedcount": true, "errorcount": true, "failurecount": true}
	// Of these, 1 is a failure, too.
	errorCodes = map[string]bool{"errcode": true, "errorcode": true, "errno": true, "ret": true, "retcode": true}
	codeFlags  = map[string]bool{"code": true, "statuscode": true, "status": true, "result": true, "outcome": true, "state": true}
	wrappers   = map[string]bool{"result": true, "data": true, "response": true, "results": true, "status": true, "d": true}
	// A message is judged by its words, unless it is so long that it repeats
	// what was posted, as ntfy's does.
	messageFields = map[string]bool{"message": true, "msg": true, "errmsg": true, "detail": true, "statusmessage": true}
	wordFields    = []string{"error", "errmsg", "errormessage", "message", "msg", "description", "errordescription", "detail", "reason", "title", "statusmessage", "errors", "errorcode", "errcode", "code", "status", "statuscode", "result"}
)

// failureIn looks for a failure in a JSON answer, and for the words about it.
func failureIn(v any, depth int, posted []string) (said string, failed bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if said, failed := failureIn(item, depth+1, posted); failed && depth < 2 {
				return said, true
			}
		}
	case map[string]any:
		fields := map[string]any{}
		for name, value := range v {
			fields[plainName(name)] = value
		}
		fine := saysFine(fields)
		for name, value := range fields {
			text, isText := value.(string)
			if saysFailed(name, value) && !(fine && codeFlags[name]) || isText && !fine && messageFields[name] && len(text) <= longestMessage && tellsFailure(text, posted) {
				return wordsOf(fields), true
			}
		}
		for name, value := range fields {
			if wrappers[name] && depth < 1 {
				if said, failed := failureIn(value, depth+1, posted); failed {
					return said, true
				}
			}
		}
	}
	return "", false
}

// saysFine reports whether a field says outright that it worked: then a code
// may be of the service's own, and a message may hold any words.
func saysFine(fields map[string]any) bool {
	for name, value := range fields {
		text, isText := value.(string)
		word := strings.ToLower(strings.TrimSpace(text))
		if goodFlags[name] && value == true || isText && messageFields[name] && (word == "ok" || word == "success" || word == "succeeded") {
			return true
		}
	}
	return false
}

// saysFailed judges one field.
func saysFailed(name string, value any) bool {
	switch {
	case goodFlags[name]:
		text, isText := value.(string)
		return value == false || isText && isNo(text) || isNumber(value, 0)
	case badFlags[name]:
		return !isNothing(value)
	case errorCodes[name]:
		return isNumber(value, 1) || value == "1" || isFailureCode(value)
	case codeFlags[name]:
		return value == false || isFailureCode(value)
	}
	return false
}

// isFailureCode judges a code or status: a number that is neither 0 nor a good
// status of HTTP, or a word of failure. 1 is good, too: some count so.
func isFailureCode(value any) bool {
	text, isText := value.(string)
	if n, err := strconv.ParseFloat(text, 64); isText && err == nil {
		value = n
	}
	if n, isNum := value.(float64); isNum {
		return n != 0 && n != 1 && (n < 200 || n > 299)
	}
	return isText && (failureWords.MatchString(text) || strings.EqualFold(text, "ko") || strings.EqualFold(text, "nok"))
}

// isNothing tells a field that says that there is no error.
func isNothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		v = strings.TrimSpace(v)
		return v == "" || v == "0" || strings.EqualFold(v, "none") || strings.EqualFold(v, "null") || strings.EqualFold(v, "false") || strings.EqualFold(v, "ok")
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// isNo reports whether a text says no.
func isNo(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "false", "no", "0", "n":
		return true
	}
	return false
}

func isNumber(value any, want float64) bool {
	n, ok := value.(float64)
	return ok && n == want
}

// plainName is a field's name without case and punctuation.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// wordsOf are the words of an answer about its failure.
func wordsOf(fields map[string]any) string {
	var out []string
	for _, name := range wordFields {
		switch v := fields[name].(type) {
		case string:
			if codeFlags[name] || errorCodes[name] {
				v = name + " " + v
			}
			out = append(out, v)
		case float64:
			out = append(out, name+" "+strconv.FormatFloat(v, 'f', -1, 64))
		case map[string]any, []any:
			if text, err := json.Marshal(v); err == nil {
				out = append(out, string(text))
			}
		}
	}
	if len(out) == 0 {
		return "it is marked as failed"
	}
	return strings.Join(out, " ")
}

// isPage tells HTML by its beginning: services send plain words as text/html,
// so that the type means nothing.
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

// pageTitle is a page's title, for the message.
func pageTitle(body []byte) string {
	if m := titleTag.FindSubmatch(body); m != nil && len(bytes.TrimSpace(m[1])) > 0 {
		return `, "` + string(bytes.TrimSpace(m[1])) + `"`
	}
	return ""
}
