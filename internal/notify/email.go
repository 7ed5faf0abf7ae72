package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/mailaddr"
)

// Mail is a mail to one address.
type Mail struct {
	To          string
	Subject     string
	Text        string
	HTML        string    // may be empty
	Attachments []string  // paths of files, each sent under its base name
	MessageID   string    // without angle brackets; a resend has the same one
	At          time.Time // the date of the mail; zero: now
}

// errNoServer is the cause when a mail is to be sent without a mail server.
var errNoServer = errors.New("no mail server is configured")

// EmailNotice sends a notice to one contact. A resend has the Message-ID of the
// first mail, so that a mail server or mail program can drop it. Errors are
// *Error, or the context's error, wrapped.
func (n *Notifier) EmailNotice(ctx context.Context, what contract.Notice, to string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, emailLimit, errSlow)
	defer cancel()
	if n.mail == nil {
		return noServer()
	}
	text, err := RenderText(what, to)
	if err != nil {
		return err
	}
	html, err := RenderHTML(what, to)
	if err != nil {
		return err
	}
	return n.mail.sendMail(ctx, emailLimit, Mail{
		To: to, Subject: FormatSubject(what), Text: text, HTML: html,
		MessageID: MessageID(what.Key, n.mail.from), At: what.At,
	})
}

// SendMail sends a mail. Errors are those of EmailNotice.
func (n *Notifier) SendMail(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeoutCause(ctx, mailLimit, errSlow)
	defer cancel()
	if n.mail == nil {
		return noServer()
	}
	return n.mail.sendMail(ctx, mailLimit, m)
}

// CheckEmail connects, starts TLS and logs in as for a notice, but sends no mail.
// Errors are those of EmailNotice.
func (n *Notifier) CheckEmail(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, emailLimit, errSlow)
	defer cancel()
	if n.mail == nil {
		return noServer()
	}
	return n.mail.checkLogin(ctx)
}

func noServer() error {
	return &Error{Channel: Email, Op: "send", Permanent: true, Err: errNoServer, Hint: "set SMTP_HOST"}
}

// MessageID returns the Message-ID of the notice with this key, without angle
// brackets. It depends on the key and the sender's domain only. The key is
// hashed, since it may hold characters that a Message-ID can't.
func MessageID(key, from string) string {
	sum := sha256.Sum256([]byte(key))
	domain := from[strings.LastIndexByte(from, '@')+1:]
	return "notice." + hex.EncodeToString(sum[:16]) + "@" + domain
}

// buildMessage builds the mail. It finds what can't be sent to anybody, such as a
// missing file, before a connection is made.
func (s *mailServer) buildMessage(m Mail) (*mail.Msg, error) {
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := out.FromFormat("defendersync", s.from); err != nil {
		return nil, &Error{Channel: Email, Op: "set the sender", Permanent: true, Err: err, Hint: "check SMTP_FROM"}
	}
	to, err := mailaddr.ToASCII(m.To)
	if err == nil {
		err = out.To(to)
	}
	if err != nil {
		return nil, &Error{Channel: Email, Op: fmt.Sprintf("send to %q", httpx.Clip(m.To)), Permanent: true,
			Err: errors.New("not an email address"), Hint: hintContact}
	}
	if id, err := mailaddr.ToASCII(m.MessageID); err == nil {
		m.MessageID = id // its domain may be the sender's, with non-ASCII letters
	}
	if m.At.IsZero() {
		m.At = time.Now()
	}
	out.Subject(httpx.Clip(m.Subject))
	out.SetDateWithValue(m.At.UTC())
	out.SetMessageIDWithValue(strings.Join(strings.Fields(m.MessageID), ""))
	// These keep out-of-office replies from coming back: the first by RFC 3834,
	// the second for Exchange.
	out.SetGenHeader("Auto-Submitted", "auto-generated")
	out.SetGenHeader("X-Auto-Response-Suppress", "All")
	out.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		out.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, path := range m.Attachments {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil, &Error{Channel: Email, Op: "attach " + path, Permanent: true, Err: firstError(err, errors.New("not a regular file"))}
		}
		out.AttachFile(path)
	}
	return out, nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
