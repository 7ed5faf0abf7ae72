package mailtest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/emersion/go-message/mail"
)

// Parsed is a mail taken apart.
type Parsed struct {
	Header      mail.Header
	Text, HTML  string
	Attachments map[string][]byte // by file name
}

// GetHeader is a header's text, decoded; "" when there is none.
func (p Parsed) GetHeader(name string) string {
	text, err := p.Header.Text(name)
	if err != nil {
		return p.Header.Get(name)
	}
	return text
}

// ParseMail takes the mail apart.
func (m Mail) ParseMail(t testing.TB) Parsed {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.Raw)
	}
	out := Parsed{Header: r.Header, Attachments: map[string][]byte{}}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, m.Raw)
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatal(err)
		}
		out.addPart(t, part, body)
	}
}

func (p *Parsed) addPart(t testing.TB, part *mail.Part, body []byte) {
	t.Helper()
	switch h := part.Header.(type) {
	case *mail.AttachmentHeader:
		name, err := h.Filename()
		if err != nil {
			t.Fatal(err)
		}
		p.Attachments[name] = body
	case *mail.InlineHeader:
		switch kind, _, _ := h.ContentType(); kind {
		case "text/plain":
			p.Text += string(body)
		case "text/html":
			p.HTML += string(body)
		}
	}
}
