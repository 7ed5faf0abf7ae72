package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"defendersync/internal/config"
	"defendersync/internal/wire"
)

// mailServer is how mail leaves.
type mailServer struct {
	host     string
	port     int
	mode     string // "starttls", "tls" or "none", as SMTP_TLS has it
	username string
	password string
	from     string
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
	roots, err := wire.CertPool(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("SMTP_CA_FILE: %w", err)
	}
	return &mailServer{
		host: c.Host, port: c.Port, mode: c.TLS, username: c.Username, password: c.Password.Reveal(), from: c.From,
		tls: &tls.Config{ServerName: c.Host, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

func (s *mailServer) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// send delivers one mail over a connection of its own. Once the server has
// taken it, it counts as sent, whatever happens to the connection.
func (s *mailServer) send(ctx context.Context, limit time.Duration, m Mail) error {
	message, err := s.message(m)
	if err != nil {
		return err
	}
	l, err := s.open(ctx, limit)
	if err != nil {
		return err
	}
	defer l.close()
	err = l.client.SendWithSMTPClient(l.session, message)
	if err == nil || message.IsDelivered() {
		return nil
	}
	return s.failure(ctx, "send to "+m.To, err)
}

// check is a session without a mail.
func (s *mailServer) check(ctx context.Context) error {
	l, err := s.open(ctx, emailLimit)
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

// open connects, starts TLS as the settings say and logs in. The connection
// ends with ctx: go-mail heeds its own time limits only.
func (s *mailServer) open(ctx context.Context, limit time.Duration) (line, error) {
	d := &dialer{server: s, ctx: ctx}
	client, err := mail.NewClient(s.host, s.options(d, limit)...)
	if err != nil {
		return line{}, &Error{Channel: Email, Op: "prepare the connection", Permanent: true, Err: err, Hint: "check SMTP_HOST and SMTP_PORT"}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		d.hangUp()
		return line{}, s.failure(ctx, s.opening(d), err)
	}
	return line{client: client, session: session, hangUp: d.hangUp}, nil
}

// opening says what was being done when opening failed.
func (s *mailServer) opening(d *dialer) string {
	if d.conn == nil {
		return "connect to " + s.address()
	}
	if s.username != "" {
		return "open a session and log in at " + s.address()
	}
	return "open a session at " + s.address()
}

func (s *mailServer) options(d *dialer, limit time.Duration) []mail.Option {
	policy := mail.TLSMandatory
	if s.mode != "starttls" {
		policy = mail.NoTLS // with "tls" the dialer has it from the first byte
	}
	out := []mail.Option{
		mail.WithPort(s.port), mail.WithTimeout(limit), mail.WithTLSPolicy(policy), mail.WithTLSConfig(s.tls),
		mail.WithDialContextFunc(d.dial), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if s.username != "" {
		out = append(out, mail.WithOpportunisticSMTPAuth(loginMethods...), mail.WithUsername(s.username), mail.WithPassword(s.password))
	}
	return out
}

// dialer makes the one connection of a session and can end it.
type dialer struct {
	server *mailServer
	ctx    context.Context
	conn   net.Conn
	stop   func() bool
}

func (d *dialer) dial(_ context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.ctx, dialLimit)
	defer cancel()
	plain := net.Dialer{}
	conn, err := plain.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if d.server.mode == "tls" {
		secure := tls.Client(conn, d.server.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = secure
	}
	d.conn = conn
	d.stop = context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	return conn, nil
}

// hangUp ends the connection, if there is one.
func (d *dialer) hangUp() {
	if d.conn != nil {
		d.stop()
		_ = d.conn.Close()
	}
}
