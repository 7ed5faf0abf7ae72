package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// maxKept bounds the mails that are kept; the oldest go first.
const maxKept = 200

// Headers that the mailbox adds to what it keeps: what the SMTP dialogue said.
const (
	headerFrom = "Return-Path"
	headerTo   = "X-Envelope-To"
	headerAt   = "X-Received-At"
)

// Mail is a mail without its content.
type Mail struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"` // when it came, UTC
	From      string    `json:"from"`
	To        []string  `json:"to"`
	Subject   string    `json:"subject"`
	MessageID string    `json:"messageId"`
	Size      int       `json:"size"` // bytes
}

// store keeps each mail as a file that mail programs can open, named by the
// time it came and a number, so that names sort as the mails came.
type store struct {
	folder string
	limit  int

	mu    sync.Mutex
	mails []Mail // the oldest first
	count int    // mails that came since it was opened
}

// nameOfMail is the name of a mail's file, and what an id may look like.
var nameOfMail = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{9}-[0-9]+$`)

const nameTime = "20060102T150405.000000000"

// openStore reads the mails in a folder, which it makes. A file that can't be
// read as a mail is left alone and not shown.
func openStore(folder string, limit int) (*store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the mailbox's folder: %w", err)
	}
	// One that was there may be open to others.
	if err := os.Chmod(folder, 0o700); err != nil {
		return nil, fmt.Errorf("keep the mailbox's folder from others: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	s := &store{folder: folder, limit: limit}
	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), ".eml")
		if !ok || !nameOfMail.MatchString(id) {
			continue
		}
		raw, err := os.ReadFile(s.mailPath(id))
		if err != nil {
			return nil, fmt.Errorf("read the mailbox: %w", err)
		}
		if m, err := describeMail(id, raw); err == nil {
			s.mails = append(s.mails, m)
		}
	}
	return s, nil
}

func (s *store) mailPath(id string) string { return filepath.Join(s.folder, id+".eml") }

// addMail keeps a mail, and lets go of the oldest beyond the limit.
func (s *store) addMail(at time.Time, from string, to []string, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at = at.UTC()
	s.count++
	id := fmt.Sprintf("%s-%d", at.Format(nameTime), s.count)
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "%s: <%s>\r\n%s: %s\r\n%s: %s\r\n", headerFrom, from, headerTo, strings.Join(to, ", "), headerAt, at.Format(time.RFC3339Nano))
	raw.Write(content)
	m, err := describeMail(id, raw.Bytes())
	if err != nil {
		return err
	}
	if err := s.writeMail(id, raw.Bytes()); err != nil {
		return err
	}
	s.mails = append(s.mails, m)
	for len(s.mails) > s.limit {
		if err := os.Remove(s.mailPath(s.mails[0].ID)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("let go of the oldest mail: %w", err)
		}
		s.mails = s.mails[1:]
	}
	return nil
}

// writeMail makes a file that is there whole or not at all.
func (s *store) writeMail(id string, raw []byte) error {
	part := s.mailPath(id) + ".part"
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return fmt.Errorf("keep the mail: %w", err)
	}
	if err := os.Rename(part, s.mailPath(id)); err != nil {
		return fmt.Errorf("keep the mail: %w", err)
	}
	return nil
}

// listMails gives the mails, the newest first.
func (s *store) listMails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.mails)
	slices.Reverse(out)
	return out
}

// readRaw gives a mail as it is kept; os.ErrNotExist when there is none.
func (s *store) readRaw(id string) ([]byte, error) {
	if !nameOfMail.MatchString(id) {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(s.mailPath(id))
}

// errNoMail is the cause where something else than a mail came.
var errNoMail = errors.New("not a mail")

// describeMail reads a mail's headers.
func describeMail(id string, raw []byte) (Mail, error) {
	entity, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return Mail{}, fmt.Errorf("read the headers: %w: %w", errNoMail, err)
	}
	h := mail.Header{Header: entity.Header}
	m := Mail{ID: id, Size: len(raw), From: strings.Trim(h.Get(headerFrom), "<>"), MessageID: strings.Trim(h.Get("Message-Id"), "<>")}
	if to := h.Get(headerTo); to != "" {
		m.To = strings.Split(to, ", ")
	}
	if m.Subject, err = h.Subject(); err != nil {
		m.Subject = h.Get("Subject") // in a charset that isn't known
	}
	m.At, _ = time.Parse(time.RFC3339Nano, h.Get(headerAt))
	return m, nil
}

// Content is a mail taken apart.
type Content struct {
	Mail
	Headers []string     `json:"headers"` // "Name: value", decoded, in the mail's order
	Text    string       `json:"text"`
	HTML    string       `json:"html"`
	Files   []Attachment `json:"files"`
}

// Attachment is a file that came with a mail.
type Attachment struct {
	Name    string `json:"name"`
	Size    int    `json:"size"` // bytes
	content []byte
}

// openMail takes a mail apart. What can't be read of it is missing.
func (s *store) openMail(id string) (Content, error) {
	raw, err := s.readRaw(id)
	if err != nil {
		return Content{}, err
	}
	m, err := describeMail(id, raw)
	if err != nil {
		return Content{}, err
	}
	c := Content{Mail: m, Files: []Attachment{}}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		return c, err
	}
	for f := r.Header.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = f.Value()
		}
		c.Headers = append(c.Headers, f.Key()+": "+value)
	}
	for {
		part, err := r.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) {
			return c, nil // the end, or where the mail is broken
		}
		body, _ := io.ReadAll(part.Body)
		c.takePart(part, body)
	}
}

func (c *Content) takePart(part *mail.Part, body []byte) {
	switch h := part.Header.(type) {
	case *mail.AttachmentHeader:
		name, _ := h.Filename()
		c.Files = append(c.Files, Attachment{Name: filepath.Base("/" + name), Size: len(body), content: body})
	case *mail.InlineHeader:
		switch kind, _, _ := h.ContentType(); kind {
		case "text/html":
			c.HTML += string(body)
		case "text/plain", "":
			c.Text += string(body)
		}
	}
}
