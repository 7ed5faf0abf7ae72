package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"defendersync/internal/httpx"
	"defendersync/internal/mailaddr"
)

// errSlow is the cause of a context that our own time limit ended.
var errSlow = errors.New("timed out")

// What the operator can do about the usual problems with mail servers.
const (
	hintContact  = "check the address, in INTEGRATION_CONTACTS or among the subscribers of the report"
	hintConnect  = "check SMTP_HOST and SMTP_PORT, and whether a firewall blocks the connection"
	hintSilent   = "check SMTP_HOST and SMTP_PORT; a server on port 465 needs SMTP_TLS=tls"
	hintName     = "check SMTP_HOST and this machine's DNS"
	hintCA       = "set SMTP_CA_FILE to the PEM file of the certificate authority, and SMTP_HOST to a name that the certificate has"
	hintNoTLS    = "SMTP_TLS=tls needs a port with implicit TLS, usually 465; for port 587 set SMTP_TLS=starttls"
	hintStartTLS = "the server offers no STARTTLS on this port: use port 587, or port 465 with SMTP_TLS=tls; SMTP_TLS=none sends unencrypted"
	hintLogin    = "check SMTP_USERNAME and SMTP_PASSWORD; some services need an app password, or SMTP logins enabled for the account"
	hintNoLogin  = "the server accepts no login on this port: use port 587, or remove SMTP_USERNAME and SMTP_PASSWORD"
	hintNeeds    = "the server requires a login: set SMTP_USERNAME and SMTP_PASSWORD"
	hintSender   = "check SMTP_FROM: the account may need permission to send as that address"
	hintLater    = "the server asks to try again later"
	hintHelo     = "the server rejects the EHLO name of this machine: set SMTP_HELO to the full name, such as sync.contoso.com"
	hintFull     = "the mailbox is full: its owner has to free space"
	hintASCII    = "use an ASCII address for this contact in INTEGRATION_CONTACTS, or a mail server with SMTPUTF8"
	hintBroken   = "the server offers STARTTLS but then does not speak TLS: its operator has to fix that"
)

// newUTF8Error is the error for an address that needs SMTPUTF8, at a server
// without it.
func (s *mailServer) newUTF8Error(to string) error {
	e := &Error{Channel: Email, Op: "send to " + httpx.Clip(to), Permanent: true, Hint: hintASCII,
		Err: errors.New("the address has non-ASCII letters before the @, and the mail server does not accept them (it has no SMTPUTF8)")}
	if mailaddr.NeedsUTF8(s.from) {
		e.Hint = "use an ASCII address in SMTP_FROM, or a mail server with SMTPUTF8"
	}
	return e
}

// newFailure makes the error of a mail that was not sent. When the caller's
// context ended, it is the context's error, wrapped.
func (s *mailServer) newFailure(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSlow) {
		return fmt.Errorf("%s: %s: %w", Email, op, ctx.Err())
	}
	e := &Error{Channel: Email, Op: op, Err: errors.New(s.wordsOf(err))}
	var refused *mail.SendError
	var answer *textproto.Error
	switch {
	case errors.As(err, &refused) && refused.ErrorCode() != 0:
		e.Status = refused.ErrorCode()
		e.Err = errors.New(s.answerOf(refused))
		e.Hint = hintOfSending(refused.Reason, e.Status)
	case errors.As(err, &answer):
		e.Status, e.Err = answer.Code, errors.New(s.cleanWords(answer.Msg))
		e.Hint = hintOfOpening(e.Status)
	case ctx.Err() != nil:
		e.Err, e.Hint = errSlow, hintSilent
	default:
		e.Permanent, e.Hint = classifyConnection(err)
		if e.Hint == hintNoTLS && s.mode == "starttls" {
			e.Permanent, e.Hint = false, hintBroken
		}
	}
	if said := e.Err.Error(); e.Status != 0 {
		e.Permanent = e.Status >= 500 && !saysLater.MatchString(said)
		switch {
		case saysHelo.MatchString(said):
			e.Hint = hintHelo
		case saysFull.MatchString(said):
			e.Hint = hintFull
		case !e.Permanent:
			e.Hint = ""
		}
	}
	if e.Hint == "" && e.Status != 0 && !e.Permanent {
		e.Hint = hintLater
	}
	return e
}

// What servers say besides the status. An enhanced status code of class 4
// (RFC 3463) and greylisting ask for a retry, whatever the status: some servers
// greylist with 550 or 554. 5.2.2 is a full mailbox.
var (
	saysLater = regexp.MustCompile(`(?i)^4\.\d{1,3}\.\d{1,3}\b|gr[ea]y-?list`)
	saysHelo  = regexp.MustCompile(`(?i)\b(?:he|eh)lo\b|fully.qualified`)
	saysFull  = regexp.MustCompile(`(?i)^[45]\.2\.2\b|mailbox (?:is )?full|over ?quota|quota exceeded`)
)

// wordsOf returns the text of an error without the contact and the Message-ID,
// which go-mail adds.
func (s *mailServer) wordsOf(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	return s.cleanWords(text)
}

// answerOf returns the server's answer to a mail without the status.
func (s *mailServer) answerOf(refused *mail.SendError) string {
	said := strings.TrimPrefix(s.wordsOf(refused), refused.Reason.String()+": ")
	said = strings.TrimPrefix(said, strconv.Itoa(refused.ErrorCode())+" ")
	if plain, err := strconv.Unquote(said); err == nil { // as net/textproto formats it
		return plain
	}
	return said
}

// cleanWords makes a server's words safe to show. A password that the server
// repeats is removed.
func (s *mailServer) cleanWords(text string) string {
	if len(s.password) > 3 {
		text = strings.ReplaceAll(text, s.password, "[redacted]")
	}
	return httpx.Clip(text)
}

// hintOfSending says what to do about a refused mail.
func hintOfSending(reason mail.SendErrReason, status int) string {
	switch {
	case status == 530:
		return hintNeeds
	case status < 500:
		return ""
	case reason == mail.ErrSMTPMailFrom:
		return hintSender
	case reason == mail.ErrSMTPRcptTo:
		return hintContact
	}
	return ""
}

// hintOfOpening says what to do about a refused session. The codes of logins are
// those of RFC 4954, section 6.
func hintOfOpening(status int) string {
	switch status {
	case 530, 534, 535, 538:
		return hintLogin
	case 500, 502, 504:
		return hintNoLogin
	}
	return ""
}

// classifyConnection tells connection errors that somebody has to fix from those
// that may pass.
func classifyConnection(err error) (permanent bool, hint string) {
	var (
		dns     *net.DNSError
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		timeout interface{ Timeout() bool }
		op      *net.OpError
		text    = err.Error()
	)
	switch {
	case errors.As(err, &dns):
		return false, hintName
	case errors.As(err, &verify), errors.As(err, &unknown):
		return true, hintCA
	case errors.As(err, &record):
		return true, hintNoTLS
	case strings.Contains(text, "does not support STARTTLS"):
		return true, hintStartTLS
	case strings.Contains(text, "does not support SMTP AUTH"), errors.Is(err, mail.ErrNoSupportedAuthDiscovered):
		return true, hintNoLogin
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, io.EOF):
		return false, hintSilent
	case errors.As(err, &op) && op.Op == "dial":
		return false, hintConnect
	}
	return false, ""
}
