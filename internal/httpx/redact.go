package httpx

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"sync/atomic"

	"defendersync/internal/mask"
)

const (
	// redacted stands for a secret.
	redacted = "[redacted]"
	// gramSize is how many characters of a secret in a row give it away: with fewer
	// of them known, the rest is as hard to guess as before.
	gramSize = 8
	// shortest is the length of a secret below which it is not looked for: it would
	// be found in every other word.
	shortest = 6
)

// gram is gramSize characters in a row, in lower case.
type gram [gramSize]byte

// Redactor takes secrets out of texts: any piece of gramSize characters of one, in
// whatever case, as it is and as URLs, JSON, Base64 and hexadecimal digits write it.
// A nil Redactor knows no secret. It is safe for concurrent use.
type Redactor struct {
	grams  map[gram]struct{}
	shorts []string // secrets shorter than a gram, in lower case
}

// NewRedactor returns a Redactor of the given secrets; empty ones are left out.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{grams: map[gram]struct{}{}}
	for _, s := range secrets {
		s = strings.TrimSpace(s)
		if len(s) < shortest {
			continue
		}
		if len(s) < gramSize {
			r.shorts = append(r.shorts, lowerASCII(s))
		}
		for _, form := range listForms(s) {
			r.learnForm(form)
		}
	}
	for g := range vocabulary {
		delete(r.grams, g)
	}
	return r
}

// listForms returns the ways in which a peer may write a secret.
func listForms(s string) []string {
	out := []string{s, url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s))}
	if quoted, err := json.Marshal(s); err == nil {
		out = append(out, string(quoted[1:len(quoted)-1]))
	}
	// In Base64 a text looks otherwise by how many bytes stand before it. What depends
	// on its neighbours is left out at either end.
	for before, skip := range []int{0, 2, 3} {
		whole := append(make([]byte, before), s...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			out = append(out, e.EncodeToString(whole[:len(whole)-len(whole)%3])[skip:])
		}
	}
	return out
}

// learnForm adds the grams of one form.
func (r *Redactor) learnForm(form string) {
	form = lowerASCII(form)
	for i := range max(len(form)-gramSize+1, 0) {
		r.grams[gram([]byte(form[i:i+gramSize]))] = struct{}{}
	}
}

// vocabulary is what the product itself says, which is no secret although a token may
// hold it, as those of simulated tenants do.
var vocabulary = func() map[gram]struct{} {
	r := &Redactor{grams: map[gram]struct{}{}}
	for _, s := range []string{"defendersync-worker", "session/microsoft-defender-", "oomnitza", "simulated", "password", "authorization2", "portal.cloudappsecurity.com"} {
		r.learnForm(s)
	}
	return r.grams
}()

// Redact puts [redacted] in the place of every piece of a secret.
func (r *Redactor) Redact(text string) string {
	if r == nil {
		return text
	}
	var b strings.Builder
	for lower := lowerASCII(text); lower != ""; {
		n := r.pieceAt(lower)
		if n != 0 {
			b.WriteString(redacted)
		} else {
			n = 1
			b.WriteByte(text[len(text)-len(lower)])
		}
		lower = lower[n:]
	}
	return b.String()
}

// pieceAt is how long the piece of a secret is that begins here; 0: none does.
func (r *Redactor) pieceAt(lower string) int {
	end := 0
	for i := 0; i <= end && len(lower[i:]) >= gramSize; i++ {
		if _, found := r.grams[gram([]byte(lower[i:i+gramSize]))]; found {
			end = i + gramSize
		}
	}
	for _, s := range r.shorts {
		if strings.HasPrefix(lower, s) {
			end = max(end, len(s))
		}
	}
	return end
}

// lowerASCII is a text of the same length in lower case.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// kept is the Redactor of this process's secrets.
var kept atomic.Pointer[Redactor]

// KeepSecret makes the secrets of this process known, so that no words of a peer that
// go through Clip, FindMessage or an Error show them, and no line that goes through
// RedactingWriter. A later call replaces an earlier one's.
func KeepSecret(secrets ...string) { kept.Store(NewRedactor(secrets...)) }

// Redact takes the secrets of this process out of a text.
func Redact(text string) string { return kept.Load().Redact(text) }

// RedactingWriter passes lines on to a log or a terminal without the secrets of this
// process. Each Write must be a whole line.
func RedactingWriter(out io.Writer) io.Writer { return lineWriter{out, Redact} }

// MaskingWriter does the same, and masks what tells of people, for lines that may hold
// anything that a peer sent.
func MaskingWriter(out io.Writer) io.Writer {
	return lineWriter{out, func(line string) string { return Redact(mask.Text(line)) }}
}

// lineWriter passes lines on in other words.
type lineWriter struct {
	out    io.Writer
	reword func(string) string
}

// Write implements io.Writer.
func (w lineWriter) Write(line []byte) (int, error) {
	if _, err := io.WriteString(w.out, w.reword(string(line))); err != nil {
		return 0, err
	}
	return len(line), nil
}
