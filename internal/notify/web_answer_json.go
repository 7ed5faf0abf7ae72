package notify

import (
	"encoding/json"
	"strconv"
	"strings"
)

// longestMessage bounds the length of a message about a failure, in bytes.
const longestMessage = 300

// Fields of a JSON answer that report success or failure. Names are compared as
// plainName returns them.
var (
	goodFlags = map[string]bool{"ok": true, "success": true, "successful": true, "succeeded": true, "delivered": true, "accepted": true, "issuccess": true, "sent": true}
	badFlags  = map[string]bool{"error": true, "errors": true, "iserror": true, "haserrors": true, "failed": true, "failure": true, "errormessage": true, "errordescription": true,
		"fault": true, "exception": true, "odataerror": true, "@odataerror": true, "failures": true, "failedcount": true, "errorcount": true, "failurecount": true}
	// In these fields, 1 is a failure too.
	errorCodes = map[string]bool{"errcode": true, "errorcode": true, "errno": true, "ret": true, "retcode": true}
	codeFlags  = map[string]bool{"code": true, "statuscode": true, "status": true, "result": true, "outcome": true, "state": true}
	wrappers   = map[string]bool{"result": true, "data": true, "response": true, "results": true, "status": true, "d": true}
	// A message is judged by its words, unless it is so long that it probably
	// repeats what was posted, as ntfy's does.
	messageFields = map[string]bool{"message": true, "msg": true, "errmsg": true, "detail": true, "statusmessage": true}
	wordFields    = []string{"error", "errmsg", "errormessage", "message", "msg", "description", "errordescription", "detail", "reason", "title", "statusmessage", "errors", "errorcode", "errcode", "code", "status", "statuscode", "result"}
)

// failureIn looks for a failure in a JSON answer and returns the words about it.
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

// saysFine reports whether a field reports success outright. Then codes may be the
// service's own, and messages may have any words.
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

// saysFailed reports whether one field reports a failure.
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

// isFailureCode judges a code or status. A number other than 0, 1 and 200 to 299
// is a failure (some services use 1 for success), and so is a word of failure.
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

// isNothing reports whether the value of an error field means that there is no
// error.
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

// isNo reports whether a text means no.
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

// plainName returns a field's name in lower case and without punctuation.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// wordsOf returns what an answer says about its failure.
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
		return "marked as failed"
	}
	return strings.Join(out, " ")
}
