package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/mailaddr"
)

// mailServer is the mail server and the account that mails are sent with.
type mailServer struct {
	host     string
	port     int
	mode     string // "starttls", "tls" or "none", as SMTP_TLS has it
	username string
	password string
	from     string // with its domain in ASCII
	helo     string // the name for EHLO; "": see chooseGreeting
	tls      *tls.Config
}

// loginMethods are tried in this order. A login is sent over TLS only, so the
// simple methods, which every server implements correctly, come before rare ones.
var loginMethods = []mail.SMTPAuthType{
	mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin,
	mail.SMTPAuthCramMD5, mail.SMTPAuthNTLM,
}

// newMailServer reads the settings; nil when no server is configured.
func newMailServer(c config.SMTP) (*mailServer, error) {
	if c.Host == "" {
		return nil, nil
	}
	if c.TLS == "none" && c.Password.IsSet() {
		return nil, errors.New("SMTP_TLS: with none, the password would be sent unencrypted: use starttls or tls")
	}
	roots, err := httpx.CertPool(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("SMTP_CA_FILE: %w", err)
	}
	host, err := mailaddr.HostToASCII(strings.Trim(c.Host, "[]"))
	if err != nil {
		return nil, fmt.Errorf("SMTP_HOST: %w", err)
	}
	helo, err := mailaddr.HostToASCII(c.Helo)
	if err != nil {
		return nil, fmt.Errorf("SMTP_HELO: %w", err)
	}
	from, err := mailaddr.ToASCII(c.From)
	if err != nil {
		from = c.From // buildMessage reports what is wrong with it
	}
	name, _, _ := strings.Cut(host, "%") // an IPv6 zone has a meaning on this machine only
	return &mailServer{
		host: host, port: c.Port, mode: c.TLS, username: c.Username, password: c.Password.Reveal(), from: from, helo: helo,
		tls: &tls.Config{ServerName: name, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

func (s *mailServer) hostPort() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// sendMail sends one mail over a connection of its own. Once the server has
// accepted the mail it counts as sent, whatever happens to the connection.
func (s *mailServer) sendMail(ctx context.Context, limit time.Duration, m Mail) error {
	message, err := s.buildMessage(m)
	if err != nil {
		return err
	}
	beyondASCII := mailaddr.NeedsUTF8(m.To) || mailaddr.NeedsUTF8(s.from)
	l, err := s.openLine(ctx, limit, beyondASCII)
	if err != nil {
		return err
	}
	defer l.close()
	if takes, _ := l.session.Extension("SMTPUTF8"); beyondASCII && !takes {
		return s.newUTF8Error(m.To)
	}
	err = l.client.SendWithSMTPClient(l.session, message)
	if err == nil || message.IsDelivered() {
		return nil
	}
	return s.newFailure(ctx, "send to "+m.To, err)
}

// checkLogin opens a session and sends no mail.
func (s *mailServer) checkLogin(ctx context.Context) error {
	l, err := s.openLine(ctx, emailLimit, false)
	if err != nil {
		return err
	}
	l.close()
	return nil
}

// line is a connection that is ready to send mails.
type line struct {
	client  *mail.Client
	session *smtp.Client
	hangUp  func()
}

// close ends the session, if the server still answers, and the connection.
func (l line) close() {
	_ = l.client.CloseWithSMTPClient(l.session)
	l.hangUp()
}

// openLine connects, starts TLS as configured and logs in. The connection ends
// with ctx, since go-mail observes only its own time limits.
func (s *mailServer) openLine(ctx context.Context, limit time.Duration, beyondASCII bool) (line, error) {
	conn, hangUp, err := s.dialServer(ctx)
	if err != nil {
		return line{}, s.newFailure(ctx, "connect to "+s.hostPort(), err)
	}
	client, err := mail.NewClient(s.host, s.clientOptions(conn, limit, beyondASCII)...)
	if err != nil {
		hangUp()
		return line{}, &Error{Channel: Email, Op: "prepare the connection", Permanent: true, Err: err, Hint: "check SMTP_HOST and SMTP_PORT"}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		hangUp()
		return line{}, s.newFailure(ctx, s.describeOpening(), err)
	}
	return line{client: client, session: session, hangUp: hangUp}, nil
}

// describeOpening is the operation for an error while a session is opened.
func (s *mailServer) describeOpening() string {
	if s.username != "" {
		return "open a session and log in at " + s.hostPort()
	}
	return "open a session at " + s.hostPort()
}

// clientOptions are the options of a session over an existing connection.
// SMTPUTF8 is requested only where an address needs it: a server further on may
// lack it and return the mail.
func (s *mailServer) clientOptions(conn net.Conn, limit time.Duration, beyondASCII bool) []mail.Option {
	policy := mail.TLSMandatory
	if s.mode != "starttls" {
		policy = mail.NoTLS // with "tls" the connection is encrypted already
	}
	out := []mail.Option{
		mail.WithPort(s.port), mail.WithTimeout(limit), mail.WithTLSPolicy(policy), mail.WithTLSConfig(s.tls),
		mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
		mail.WithHELO(chooseGreeting(s.helo, readHostname(), conn.LocalAddr())), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if !beyondASCII {
		out = append(out, mail.WithoutSMTPUTF8())
	}
	if s.username != "" {
		out = append(out, mail.WithOpportunisticSMTPAuth(loginMethods...), mail.WithUsername(s.username), mail.WithPassword(s.password))
	}
	return out
}

// dialServer opens the connection of a session. It ends with ctx or by hangUp.
func (s *mailServer) dialServer(ctx context.Context) (conn net.Conn, hangUp func(), err error) {
	limited, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err = (&net.Dialer{}).DialContext(limited, "tcp", s.hostPort())
	if err != nil {
		return nil, nil, err
	}
	if s.mode == "tls" {
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(limited); err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
		conn = secure
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn, func() { stop(); _ = conn.Close() }, nil
}
