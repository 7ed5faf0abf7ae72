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

// mailServer is how mail leaves.
type mailServer struct {
	host     string
	port     int
	mode     string // "starttls", "tls" or "none", as SMTP_TLS has it
	username string
	password string
	from     string // its domain in ASCII
	helo     string // the name in the greeting; "" finds one
	tls      *tls.Config
}

// loginMethods are tried in this order. A login is sent over TLS only, so the
// simple ones, which every server gets right, come before the exotic.
var loginMethods = []mail.SMTPAuthType{
	mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin,
	mail.SMTPAuthCramMD5, mail.SMTPAuthNTLM,
}

// newMailServer reads the settings; nil when no server is named.
func newMailServer(c config.SMTP) (*mailServer, error) {
	if c.Host == "" {
		return nil, nil
	}
	if c.TLS == "none" && c.Password.IsSet() {
		return nil, errors.New("SMTP_TLS: a password would cross the network in clear: use starttls or tls")
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
		from = c.From // what is wrong with it is told with the mail
	}
	name, _, _ := strings.Cut(host, "%") // a zone is this machine's own affair
	return &mailServer{
		host: host, port: c.Port, mode: c.TLS, username: c.Username, password: c.Password.Reveal(), from: from, helo: helo,
		tls: &tls.Config{ServerName: name, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

func (s *mailServer) hostPort() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// sendMail delivers one mail over a connection of its own. Once the server has
// taken it, it counts as sent, whatever happens to the connection.
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

// checkLogin is a session without a mail.
func (s *mailServer) checkLogin(ctx context.Context) error {
	l, err := s.openLine(ctx, emailLimit, false)
	if err != nil {
		return err
	}
	l.close()
	return nil
}

// line is a connection that is ready to send.
type line struct {
	client  *mail.Client
	session *smtp.Client
	hangUp  func()
}

// close says goodbye, where the server still listens.
func (l line) close() {
	_ = l.client.CloseWithSMTPClient(l.session)
	l.hangUp()
}

// openLine connects, starts TLS as the settings say and logs in. The connection
// ends with ctx: go-mail heeds its own time limits only.
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

// describeOpening says what was being done when opening failed.
func (s *mailServer) describeOpening() string {
	if s.username != "" {
		return "open a session and log in at " + s.hostPort()
	}
	return "open a session at " + s.hostPort()
}

// clientOptions are those of a session over a connection that is there already. The
// mail asks for SMTPUTF8 only where an address needs it: a server further on
// may not have it, and would have to send the mail back.
func (s *mailServer) clientOptions(conn net.Conn, limit time.Duration, beyondASCII bool) []mail.Option {
	policy := mail.TLSMandatory
	if s.mode != "starttls" {
		policy = mail.NoTLS // with "tls" the connection has it from the first byte
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

// dialServer makes the one connection of a session, which ends with ctx or with
// hangUp.
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
