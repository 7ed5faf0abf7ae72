// Package mailbox is a mail server and a page to read what it got, for trying
// the product on one machine: it takes every mail over real SMTP, passes none
// on, and keeps the latest in a folder. It listens on this machine only, or on a
// container's network.
package mailbox

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"
)

// maxMail bounds a mail, in bytes; longer ones are refused.
const maxMail = 32 << 20

// Mailbox is a running mailbox.
type Mailbox struct {
	store *store
	smtp  *smtp.Server
	web   *http.Server
	lines []net.Listener // its two
	ended chan struct{}
}

// Open serves SMTP and the page at two addresses, which must be this
// machine's, and keeps the mail in a folder, where earlier mail may be.
func Open(folder, smtpAddress, pageAddress string) (*Mailbox, error) {
	for _, address := range []string{smtpAddress, pageAddress} {
		if err := refuseOthers(address); err != nil {
			return nil, err
		}
	}
	return OpenInContainer(folder, smtpAddress, pageAddress)
}

// OpenInContainer is Open for a container, whose networks and published ports
// decide who reaches it: any address will do. The page answers under this
// machine's names alone, so it is published on this machine.
func OpenInContainer(folder, smtpAddress, pageAddress string) (*Mailbox, error) {
	store, err := openStore(folder, maxKept)
	if err != nil {
		return nil, err
	}
	m := &Mailbox{store: store, ended: make(chan struct{}, 2)}
	for _, address := range []string{smtpAddress, pageAddress} {
		line, err := net.Listen("tcp", address)
		if err != nil {
			m.hangUp()
			return nil, fmt.Errorf("the mailbox can't listen: %w", err)
		}
		m.lines = append(m.lines, line)
	}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{store: store}, nil }))
	m.smtp.Domain, m.smtp.MaxMessageBytes, m.smtp.MaxRecipients = "localhost", maxMail, 100
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = time.Minute, time.Minute
	m.smtp.ErrorLog = log.New(io.Discard, "", 0)
	m.web = &http.Server{Handler: newPages(store), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go m.serveLine(m.smtp.Serve, m.lines[0])
	go m.serveLine(m.web.Serve, m.lines[1])
	return m, nil
}

// refuseOthers refuses addresses that others can reach: the page shows all mail to
// everybody.
func refuseOthers(address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("the mailbox can't listen on %q: give an address of this machine, such as 127.0.0.1:8325", address)
	}
	return nil
}

func (m *Mailbox) serveLine(serve func(net.Listener) error, line net.Listener) {
	_ = serve(line) // it ends with Close, and with nothing else that could be mended
	m.ended <- struct{}{}
}

func (m *Mailbox) hangUp() {
	for _, line := range m.lines {
		_ = line.Close()
	}
}

// Close stops both servers. The mail stays in its folder.
func (m *Mailbox) Close() {
	m.hangUp() // a server knows its listener only once it serves
	_ = m.smtp.Close()
	_ = m.web.Close()
	<-m.ended
	<-m.ended
}

// session is the dialogue over one mail after another.
type session struct {
	store *store
	from  string
	to    []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data keeps a mail. A mail that could not be kept is asked for again later,
// as a server in earnest would.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.store.addMail(time.Now(), s.from, s.to, content); err != nil {
		if errors.Is(err, errNoMail) {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "That is not a mail"}
		}
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The mail could not be kept"}
	}
	return nil
}

var _ smtp.Session = (*session)(nil)
