package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// spoilt are the forms that change a tenant's own answer.
var spoilt = map[string]func(w http.ResponseWriter, status int, body []byte){
	"byte order mark": func(w http.ResponseWriter, status int, body []byte) {
		sendWhole(w, status, append([]byte("\ufeff"), body...))
	},
	"UTF-16":           func(w http.ResponseWriter, status int, body []byte) { sendWhole(w, status, inUTF16(body)) },
	"Latin-1":          inLatin1,
	"another charset":  func(w http.ResponseWriter, status int, body []byte) { sendWhole(w, status, withByte(body)) },
	"compressed twice": compressedTwice,
	"not a number": func(w http.ResponseWriter, status int, body []byte) {
		sendWhole(w, status, withField(body, `"drift": NaN`))
	},
	"duplicate keys": func(w http.ResponseWriter, status int, body []byte) { sendWhole(w, status, repeatList(body)) },
	"length too long": func(w http.ResponseWriter, status int, body []byte) {
		sendRaw(w, status, "Content-Length: "+strconv.Itoa(len(body)+100), body)
	},
	"length too short": func(w http.ResponseWriter, status int, body []byte) {
		sendRaw(w, status, "Content-Length: "+strconv.Itoa(len(body)/2), body)
	},
	"length huge": func(w http.ResponseWriter, status int, body []byte) {
		sendRaw(w, status, "Content-Length: 9223372036854775807", body)
	},
	"length negative": func(w http.ResponseWriter, status int, body []byte) { sendRaw(w, status, "Content-Length: -1", body) },
}

// replaced are the forms that are given in the tenant's place.
var replaced = map[string]func(s *Simulator, w http.ResponseWriter, req *http.Request, body []byte){
	"429 date":        tooMany(func(at time.Time) []string { return []string{at.Format(http.TimeFormat)} }),
	"429 RFC 850":     tooMany(func(at time.Time) []string { return []string{at.Format("Monday, 02-Jan-06 15:04:05 GMT")} }),
	"429 asctime":     tooMany(func(at time.Time) []string { return []string{at.Format(time.ANSIC)} }),
	"429 Unix":        tooMany(func(at time.Time) []string { return []string{strconv.FormatInt(at.Unix(), 10)} }),
	"429 Unix ms":     tooMany(func(at time.Time) []string { return []string{strconv.FormatInt(at.UnixMilli(), 10)} }),
	"429 fraction":    tooMany(func(time.Time) []string { return []string{"0.5"} }),
	"429 exponent":    tooMany(func(time.Time) []string { return []string{"1e0"} }),
	"429 unit":        tooMany(func(time.Time) []string { return []string{"1s"} }),
	"429 two headers": tooMany(func(time.Time) []string { return []string{"garbage", "1"} }),
	"429 past":        tooMany(func(at time.Time) []string { return []string{"1", at.Add(-time.Hour).Format(http.TimeFormat)} }),
	"429 day":         tooMany(func(at time.Time) []string { return []string{at.Add(24 * time.Hour).Format(http.TimeFormat)} }),
	"429 negative":    tooMany(func(time.Time) []string { return []string{"-30"} }),
	"429 garbage":     tooMany(func(time.Time) []string { return []string{"later"} }),
	"429 skewed":      answerSkewed,
	"429 body": func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		sendWhole(w, 429, []byte(`{"detail":"Request was throttled. Expected available in 1 second."}`))
	},
	"empty":      func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) { sendWhole(w, 200, nil) },
	"no content": func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(204) },
	"null": func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		sendWhole(w, 200, []byte("null"))
	},
	"garbage": func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		sendRaw(w, 200, "no header", nil)
	},
	"redirect to a login": redirectTo("https://login.example.com/?return=somewhere"),
	"redirect within":     redirectTo("/login"),
	"login page":          webPage(200, "text/html; charset=utf-8", "Sign in to your account"),
	"login page as JSON":  webPage(200, "application/json", "Sign in to your account"),
	"outage page":         webPage(503, "text/html", "We'll be back soon"),
	"echo":                echoRequest,
	"bomb of text":        sendBomb(`[{"user_id":"`, strings.Repeat("a", 1<<16)),
	"bomb of rows":        sendBomb(`[{"user_id":1,"a":"b"}`, strings.Repeat(`,{"a":"`+strings.Repeat("b", 4<<10)+`"}`, 16)),
	"bomb of nesting":     sendBomb("", strings.Repeat("[", 1<<16)),
	"bomb of headers": func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		sendRaw(w, 200, "X-Bomb: "+strings.Repeat("a", 1<<20), []byte("{}"))
	},
	"bomb of chunks": endlessChunks,
}

// sendWhole sends a body as JSON, or as what the headers say.
func sendWhole(w http.ResponseWriter, status int, body []byte) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away is its own affair
}

// sendRaw sends an answer that net/http would not send.
func sendRaw(w http.ResponseWriter, status int, header string, body []byte) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%s\r\n\r\n%s", status, http.StatusText(status), header, body)
}

func inUTF16(body []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(body))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// inLatin1 sends a body in the charset that it is declared in; one that has
// not all the characters is sent as it is.
func inLatin1(w http.ResponseWriter, status int, body []byte) {
	var out []byte
	for _, r := range string(body) {
		if r > 0xff {
			sendWhole(w, status, body)
			return
		}
		out = append(out, byte(r))
	}
	w.Header().Set("Content-Type", "application/json; charset=iso-8859-1")
	sendWhole(w, status, out)
}

// withByte puts a byte that is no UTF-8 into the first text of a body.
func withByte(body []byte) []byte {
	if i := bytes.IndexByte(body, '"'); i >= 0 {
		return append(append(append([]byte(nil), body[:i+1]...), 0xe9), body[i+1:]...)
	}
	return append(body, 0xe9)
}

func compressedTwice(w http.ResponseWriter, status int, body []byte) {
	for range 2 {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, _ = z.Write(body) // memory takes everything
		_ = z.Close()
		body = out.Bytes()
	}
	w.Header().Set("Content-Encoding", "gzip, gzip")
	sendWhole(w, status, body)
}

// withField puts a field first into every object of a body that has fields.
func withField(body []byte, field string) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(body, []byte(`{"`), []byte(`{`+field+`, "`)), []byte(`{ "`), []byte(`{`+field+`, "`))
}

// repeatList repeats what a list holds, empty the second time.
func repeatList(body []byte) []byte {
	if i := bytes.LastIndexByte(body, '}'); i > 0 && body[0] == '{' {
		return append(append([]byte(nil), body[:i]...), `, "data": []}`...)
	}
	return body[:len(body)/2]
}

// tooMany answers 429 with a Retry-After for a second from now, by the
// tenant's clock.
func tooMany(header func(at time.Time) []string) func(*Simulator, http.ResponseWriter, *http.Request, []byte) {
	return func(s *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		now := s.Now()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		w.Header()[textproto.CanonicalMIMEHeaderKey("Retry-After")] = header(now.Add(time.Second))
		sendWhole(w, http.StatusTooManyRequests, []byte(`{"detail":"Request was throttled."}`))
	}
}

// answerSkewed answers 429 with the clock of somebody whose year is another.
func answerSkewed(s *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
	then := s.Now().AddDate(-1, 0, 0)
	w.Header().Set("Date", then.Format(http.TimeFormat))
	w.Header().Set("Retry-After", then.Add(time.Second).Format(http.TimeFormat))
	sendWhole(w, http.StatusTooManyRequests, []byte(`{"detail":"Request was throttled."}`))
}

func redirectTo(to string) func(*Simulator, http.ResponseWriter, *http.Request, []byte) {
	return func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Location", to)
		sendWhole(w, http.StatusFound, nil)
	}
}

func webPage(status int, contentType, title string) func(*Simulator, http.ResponseWriter, *http.Request, []byte) {
	return func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		sendWhole(w, status, []byte("<!DOCTYPE html>\n<html><head><title>"+title+"</title></head><body>"+title+"</body></html>"))
	}
}

// echoRequest fails with all that it was sent: headers, address and body.
func echoRequest(_ *Simulator, w http.ResponseWriter, req *http.Request, body []byte) {
	var said strings.Builder
	fmt.Fprintf(&said, "%s %s could not be served: ", req.Method, req.URL)
	_ = req.Header.Write(&said) // memory takes everything
	said.Write(body)
	text, _ := json.Marshal(map[string]string{"detail": said.String()}) // a map of texts can be encoded
	sendWhole(w, http.StatusInternalServerError, text)
}

// sendBomb sends compressed text until the client hangs up, or two gigabytes.
func sendBomb(begin, piece string) func(*Simulator, http.ResponseWriter, *http.Request, []byte) {
	return func(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, err := io.WriteString(z, begin)
		for sent := 0; err == nil && sent < 2<<30; sent += len(piece) {
			_, err = io.WriteString(z, piece)
		}
		_ = z.Close() // nobody listens any more
	}
}

// endlessChunks sends white space, piece by piece, until the client hangs up.
func endlessChunks(_ *Simulator, w http.ResponseWriter, _ *http.Request, _ []byte) {
	w.Header().Set("Content-Type", "application/json")
	control := http.NewResponseController(w)
	_, err := io.WriteString(w, "[")
	for err == nil {
		if _, err = w.Write(bytes.Repeat([]byte(" "), 32<<10)); err == nil {
			err = control.Flush()
		}
	}
}
