// Package mailtest is a mail server for tests, over real SMTP: with or without
// TLS, with or without a login, and as ill-behaved as a test asks for.
package mailtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"defendersync/internal/config"
)

// Options say what the server is like. The zero value takes every mail, in
// clear and without a login.
type Options struct {
	TLS        string   // "starttls", "tls" or "none", as SMTP_TLS has it; "" is none
	User       string   // who has to log in; "" asks for no login
	Password   string   // of User
	Mechanisms []string // of the login; nil is PLAIN and LOGIN
	Address    string   // to listen on; "" is 127.0.0.1
	UTF8       bool     // whether SMTPUTF8 is offered

	// What to answer instead of yes; nil is yes. A *smtp.SMTPError is answered
	// as it is; ErrDrop drops the connection.
	OnHello func(name string) error // the client's name for itself
	OnMail  func(from string) error
	OnRcpt  func(to string) error
	OnData  func(n int) error // n counts the mails that came before, refused ones too
}

// ErrDrop has the connection dropped instead of an answer.
var ErrDrop = errors.New("drop the connection")

// Server is a running mail server.
type Server struct {
	Port   int
	CAFile string // authority of its certificate, PEM

	options Options
	tls     *tls.Config
	mu      sync.Mutex
	mails   []Mail
	datas   int
	heard   bytes.Buffer
	server  *smtp.Server
	listen  net.Listener
	served  chan struct{}
}

// Mail is one that the server has taken.
type Mail struct {
	From string
	To   []string
	Raw  []byte
}

// StartServer starts a server on this machine, which ends with the test.
func StartServer(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o}
	s.tls, s.CAFile = makeCertificate(t)
	s.OpenPort(t)
	t.Cleanup(s.Close)
	return s
}

// OpenPort lets a closed server listen again, on the port that it had.
func (s *Server) OpenPort(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(s.hostName(), strconv.Itoa(s.Port)))
	if err != nil {
		t.Fatal(err)
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	server := smtp.NewServer(smtp.BackendFunc(s.greetClient))
	server.EnableSMTPUTF8 = s.options.UTF8
	server.Domain, server.Debug, server.ErrorLog = "localhost", lockedWriter{s}, log.New(io.Discard, "", 0)
	server.AllowInsecureAuth = s.options.TLS == "" || s.options.TLS == "none"
	switch s.options.TLS {
	case "starttls":
		server.TLSConfig = s.tls
	case "tls":
		listener = tls.NewListener(listener, s.tls)
	}
	s.server, s.listen, s.served = server, listener, make(chan struct{})
	go func() {
		defer close(s.served)
		_ = server.Serve(listener)
	}()
}

// greetClient begins a session with who has said EHLO.
func (s *Server) greetClient(c *smtp.Conn) (smtp.Session, error) {
	if ask := s.options.OnHello; ask != nil {
		if err := ask(c.Hostname()); err != nil {
			return nil, err
		}
	}
	return &session{server: s, conn: c}, nil
}

// hostName is where the server listens.
func (s *Server) hostName() string {
	if s.options.Address == "" {
		return "127.0.0.1"
	}
	return s.options.Address
}

// Close stops listening and drops every connection. What came stays.
func (s *Server) Close() {
	// The server knows the listener only once it serves.
	_ = s.listen.Close()
	_ = s.server.Close()
	<-s.served
}

// SMTPSettings are those of a client that is allowed in.
func (s *Server) SMTPSettings() config.SMTP {
	out := config.SMTP{Host: s.hostName(), Port: s.Port, From: "defendersync@contoso.com", TLS: s.options.TLS, Username: s.options.User, Password: config.NewSecret(s.options.Password)}
	if out.TLS == "" {
		out.TLS = "none"
	}
	if out.TLS != "none" {
		out.CAFile = s.CAFile
	}
	return out
}

// ListMails are those that came, in their order.
func (s *Server) ListMails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// HeardCommands is all that was said to the server and by it, decrypted.
func (s *Server) HeardCommands() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.String()
}

type lockedWriter struct{ *Server }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.heard.Write(p)
}

// session is one connection's dialogue.
type session struct {
	server *Server
	conn   *smtp.Conn
	known  bool
	mail   Mail
}

var _ smtp.AuthSession = (*session)(nil)

func (s *session) AuthMechanisms() []string {
	switch o := s.server.options; {
	case o.User == "":
		return nil
	case o.Mechanisms != nil:
		return o.Mechanisms
	}
	return []string{sasl.Plain, sasl.Login}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}
	if mechanism == sasl.Login {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.User != "" && !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.mail.From = from
	return s.answerAddress(s.server.options.OnMail, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.answerAddress(s.server.options.OnRcpt, to)
}

func (s *session) answerAddress(ask func(string) error, address string) error {
	if ask == nil {
		return nil
	}
	return s.dropOnError(ask(address))
}

// dropOnError drops the connection where the error says so.
func (s *session) dropOnError(err error) error {
	if errors.Is(err, ErrDrop) {
		_ = s.conn.Conn().Close()
	}
	return err
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Raw = raw
	s.server.mu.Lock()
	n := s.server.datas
	s.server.datas++
	s.server.mu.Unlock()
	if ask := s.server.options.OnData; ask != nil {
		if err := ask(n); err != nil {
			return s.dropOnError(err)
		}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}

// login is the server's side of AUTH LOGIN, which asks for user and password
// one after the other.
type login struct {
	check func(user, password string) error
	user  string
	step  int
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && len(response) == 0:
		return []byte("Username:"), false, nil
	case l.step <= 2 && l.user == "":
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}
