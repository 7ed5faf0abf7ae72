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
	// gramSize is how many characters of a secret in a row give it away: with
	// fewer known, the rest is as hard to guess as before.
	gramSize = 8
	// shortest is the length of a secret below which it is not looked for: it
	// would be found in every other word.
	shortest = 6
)

// gram is so many characters in a row, in lower case.
type gram [gramSize]byte

// Redactor takes secrets out of texts: any piece of gramSize characters, in
// whatever case, as it is and as URLs, JSON, Base64 and hexadecimal digits
// write it. Its nil value knows no secret. It is safe for concurrent use.
type Redactor struct {
	grams  map[gram]struct{}
	shorts []string // secrets shorter than a gram, in lower case
}

// NewRedactor knows the given secrets; empty ones are left out.
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

// listForms are the ways in which a peer may write a secret.
func listForms(s string) []string {
	out := []string{s, url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s))}
	if quoted, err := json.Marshal(s); err == nil {
		out = append(out, string(quoted[1:len(quoted)-1]))
	}
	// In Base64 a text looks otherwise by how many bytes stand before it; what
	// depends on its neighbours is left out at either end.
	for before := range 3 {
		whole := append(make([]byte, before), s...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := e.EncodeToString(whole[:len(whole)-len(whole)%3])
			if skip := []int{0, 2, 3}[before]; len(text) > skip {
				out = append(out, text[skip:])
			}
		}
	}
	return out
}

func (r *Redactor) learnForm(form string) {
	form = lowerASCII(form)
	for i := 0; i+gramSize <= len(form); i++ {
		r.grams[gram([]byte(form[i:i+gramSize]))] = struct{}{}
	}
}

// vocabulary is what the product itself says, which is no secret although a
// token may hold it, as those of simulated tenants do.
var vocabulary = func() map[gram]struct{} {
	r := &Redactor{grams: map[gram]struct{}{}}
	for _, s := range []string{"defendersync-worker", "session/microsoft-defender-", "oomnitza", "simulated", "password", "authorization2", "portal.cloudappsecurity.com"} {
		r.learnForm(s)
	}
	return r.grams
}()

// Redact puts [redacted] in the place of every piece of a secret.
func (r *Redactor) Redact(text string) string {
	if r == nil || len(r.grams)+len(r.shorts) == 0 {
		return text
	}
	lower := lowerASCII(text)
	var b strings.Builder
	done := 0
	for i := 0; i < len(lower); {
		n := r.pieceAt(lower[i:])
		if n == 0 {
			i++
			continue
		}
		b.WriteString(text[done:i])
		b.WriteString(redacted)
		i += n
		done = i
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// pieceAt is how long the piece of a secret is that begins here; 0: none does.
func (r *Redactor) pieceAt(lower string) int {
	end := 0
	for i := 0; i <= end && i+gramSize <= len(lower); i++ {
		if _, found := r.grams[gram([]byte(lower[i:i+gramSize]))]; found {
			end = i + gramSize
		} else if i == 0 {
			break
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

// kept are the secrets of this process.
var kept atomic.Pointer[Redactor]

// KeepSecret makes the secrets of this process known, so that no text of a
// peer that goes through Clip, Message or an Error shows them, and no line
// that goes through a RedactingWriter. A later call replaces an earlier one's.
func KeepSecret(secrets ...string) { kept.Store(NewRedactor(secrets...)) }

// Redact takes the secrets of this process out of a text.
func Redact(text string) string { return kept.Load().Redact(text) }

// RedactingWriter passes lines on to a log or a terminal without the secrets
// of this process. Each Write is to be a whole line.
func RedactingWriter(out io.Writer) io.Writer { return redactingWriter{out} }

// MaskingWriter does the same, and masks what tells of people, for lines that
// may hold anything a peer sent.
func MaskingWriter(out io.Writer) io.Writer { return maskingWriter{redactingWriter{out}} }

type redactingWriter struct{ out io.Writer }

type maskingWriter struct{ redactingWriter }

// Write implements io.Writer.
func (w maskingWriter) Write(line []byte) (int, error) {
	if _, err := w.redactingWriter.Write([]byte(mask.Text(string(line)))); err != nil {
		return 0, err
	}
	return len(line), nil
}

// Write implements io.Writer.
func (w redactingWriter) Write(line []byte) (int, error) {
	text := Redact(string(line))
	if _, err := io.WriteString(w.out, text); err != nil {
		return 0, err
	}
	return len(line), nil
}
