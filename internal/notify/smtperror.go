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
var errSlow = errors.New("it took too long")

// What the operator can do about the usual troubles with mail servers.
const (
	hintContact  = "check the address, in INTEGRATION_CONTACTS or where the mail was asked for"
	hintConnect  = "check SMTP_HOST and SMTP_PORT, and whether a firewall stands in between"
	hintSilent   = "check SMTP_HOST and SMTP_PORT; a server on port 465 needs SMTP_TLS=tls"
	hintName     = "check SMTP_HOST and this machine's DNS"
	hintCA       = "name the certificate authority's PEM file in SMTP_CA_FILE, and in SMTP_HOST a name that is in the certificate"
	hintNoTLS    = "SMTP_TLS=tls needs a port that speaks TLS from the first byte, usually 465; port 587 takes SMTP_TLS=starttls"
	hintStartTLS = "the server offers no encryption here: use its port 587, or SMTP_TLS=tls with port 465; SMTP_TLS=none sends in clear"
	hintLogin    = "check SMTP_USERNAME and SMTP_PASSWORD; some services need an app password, or SMTP logins allowed for the account"
	hintNoLogin  = "the server takes no password here: try port 587, or remove SMTP_USERNAME and SMTP_PASSWORD"
	hintNeeds    = "the server wants a login: set SMTP_USERNAME and SMTP_PASSWORD"
	hintSender   = "check SMTP_FROM: the login may have to be allowed to send as that address"
	hintLater    = "the server asks to come back later"
	hintHelo     = "the server does not like the name that this machine gives: set SMTP_HELO to its full name, such as sync.contoso.com"
	hintFull     = "the mailbox is full: its owner has to make room"
	hintASCII    = "name this contact by an address in ASCII in INTEGRATION_CONTACTS, or use a mail server with SMTPUTF8"
	hintBroken   = "the server offers STARTTLS, and then does not speak TLS: its operator has to mend that"
)

// newUTF8Error is the error of a mail to an address that this server can't deliver
// to, whoever else it reaches.
func (s *mailServer) newUTF8Error(to string) error {
	e := &Error{Channel: Email, Op: "send to " + httpx.Clip(to), Permanent: true, Hint: hintASCII,
		Err: errors.New("the address has letters outside ASCII before the @, and the mail server takes none there (it has no SMTPUTF8)")}
	if mailaddr.NeedsUTF8(s.from) {
		e.Hint = "use a sender in ASCII in SMTP_FROM, or a mail server with SMTPUTF8"
	}
	return e
}

// newFailure makes the error of a mail that wasn't sent. When ctx ended, its error
// comes back wrapped instead, since that is the caller's own doing.
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

// What servers say besides the status. An enhanced code of class 4 (RFC 3463),
// and greylisting, ask to come back whatever the status: some servers greylist
// with 550 or 554. 5.2.2 is a full mailbox.
var (
	saysLater = regexp.MustCompile(`(?i)^4\.\d{1,3}\.\d{1,3}\b|gr[ea]y-?list`)
	saysHelo  = regexp.MustCompile(`(?i)\b(?:he|eh)lo\b|fully.qualified`)
	saysFull  = regexp.MustCompile(`(?i)^[45]\.2\.2\b|mailbox (?:is )?full|over ?quota|quota exceeded`)
)

// wordsOf are what an error says, without the contact and the Message-ID that
// go-mail adds to it.
func (s *mailServer) wordsOf(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	return s.cleanWords(text)
}

// answerOf is what the server said to a mail, without the status.
func (s *mailServer) answerOf(refused *mail.SendError) string {
	said := strings.TrimPrefix(s.wordsOf(refused), refused.Reason.String()+": ")
	said = strings.TrimPrefix(said, strconv.Itoa(refused.ErrorCode())+" ")
	if plain, err := strconv.Unquote(said); err == nil { // as net/textproto has it
		return plain
	}
	return said
}

// cleanWords makes a server's words fit to show, without the password, should a
// server repeat it.
func (s *mailServer) cleanWords(text string) string {
	if len(s.password) > 3 {
		text = strings.ReplaceAll(text, s.password, "[redacted]")
	}
	return httpx.Clip(text)
}

// hintOfSending is what to do about a refused mail.
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

// hintOfOpening is what to do about a refused session. RFC 4954, section 6,
// has the codes of logins.
func hintOfOpening(status int) string {
	switch status {
	case 530, 534, 535, 538:
		return hintLogin
	case 500, 502, 504:
		return hintNoLogin
	}
	return ""
}

// classifyConnection tells troubles that somebody has to mend from those that
// pass.
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
