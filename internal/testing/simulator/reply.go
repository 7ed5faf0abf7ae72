package simulator

import (
	"net/http"
	"strconv"
	"sync"
)

// reply is an answer in the making. Bodies are built by appending to a buffer
// that is used again.
type reply struct {
	status int
	body   []byte
	page   pageKey // set by Defender's lists
	rows   int
}

var replies = sync.Pool{New: func() any { return &reply{body: make([]byte, 0, 16<<10)} }}

// maxPooled keeps a huge answer's buffer from being kept for ever.
const maxPooled = 1 << 20

func newReply() *reply {
	r := replies.Get().(*reply)
	*r = reply{status: http.StatusOK, body: r.body[:0]}
	return r
}

func (r *reply) freeBuffer() {
	if cap(r.body) <= maxPooled {
		replies.Put(r)
	}
}

// setError makes the reply an error with a body that is already JSON.
func (r *reply) setError(status int, body string) {
	r.status = status
	r.body = append(r.body[:0], body...)
}

func (r *reply) appendText(parts ...string) {
	for _, p := range parts {
		r.body = append(r.body, p...)
	}
}

func (r *reply) appendInt(n int64) { r.body = strconv.AppendInt(r.body, n, 10) }

// appendString appends a JSON string.
func (r *reply) appendString(s string) { r.body = appendJSON(r.body, s) }

// appendJSON appends a text as a JSON string.
func appendJSON[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	b = appendEscaped(b, s)
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

func appendEscaped[T string | []byte](b []byte, s T) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		if c < 0x20 {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, '\\', c)
		}
		from = i + 1
	}
	return append(b, s[from:]...)
}

func statusText(status int) string { return strconv.Itoa(status) }

// sendReply writes the reply out.
func (r *reply) sendReply(w http.ResponseWriter) {
	h := w.Header()
	if h["Content-Type"] == nil {
		h["Content-Type"] = jsonType
	}
	h["Content-Length"] = []string{strconv.Itoa(len(r.body))}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that has gone away is its own affair
}

var jsonType = []string{"application/json; charset=utf-8"}
