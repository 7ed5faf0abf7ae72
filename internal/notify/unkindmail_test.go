package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"defendersync/internal/config"
	"defendersync/internal/testing/mailtest"
)

func TestTheDomainOfAContactIsSentInASCII(t *testing.T) {
	var asked []string
	s := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
		asked = append(asked, to)
		if strings.ContainsFunc(to, func(r rune) bool { return r > '~' }) {
			return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "Non-ASCII addresses are not taken"}
		}
		return nil
	}})
	c := s.SMTPSettings()
	c.From = "defendersync@bücher.example"
	n := open(t, c)
	for contact, want := range map[string]string{
		"it@bücher.example": "it@xn--bcher-kva.example", "it@BÜCHER.example": "it@xn--bcher-kva.example", "it@例え.テスト": "it@xn--r8jz45g.xn--zckzah", "it@contoso.com": "it@contoso.com",
	} {
		if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || asked[len(asked)-1] != want {
			t.Errorf("%s: %v, asked for %q", contact, err, asked)
		}
	}
	m := s.ListMails()[0]
	if p := m.ParseMail(t); m.From != "defendersync@xn--bcher-kva.example" || !strings.HasSuffix(p.GetHeader("Message-Id"), "@xn--bcher-kva.example>") {
		t.Errorf("from %s, %s", m.From, p.GetHeader("Message-Id"))
	}
	if strings.Contains(s.HeardCommands(), "SMTPUTF8") {
		t.Error("SMTPUTF8 was asked for")
	}
	// A report's Message-ID is made of the sender as it is set.
	if err := n.SendMail(t.Context(), Mail{To: contact, Subject: "s", Text: "t", MessageID: "report.1@bücher.example"}); err != nil {
		t.Fatal(err)
	}
	if mails := s.ListMails(); mails[len(mails)-1].ParseMail(t).GetHeader("Message-Id") != "<report.1@xn--bcher-kva.example>" {
		t.Error(mails[len(mails)-1].ParseMail(t).GetHeader("Message-Id"))
	}
}

func TestAContactThatNeedsMoreThanTheServerHasIsNamedAndOthersAreTold(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	n := open(t, s.SMTPSettings())
	wantError(t, n.EmailNotice(t.Context(), failed(), "jörg@bücher.example"), 0, true, "send to jörg@bücher.example", "before the @", "SMTPUTF8", "INTEGRATION_CONTACTS")
	if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || len(s.ListMails()) != 1 {
		t.Errorf("%v, and %d mails", err, len(s.ListMails()))
	}
	modern := mailtest.StartServer(t, mailtest.Options{UTF8: true})
	if err := open(t, modern.SMTPSettings()).EmailNotice(t.Context(), failed(), "jörg@bücher.example"); err != nil {
		t.Fatal(err)
	}
	if err := open(t, modern.SMTPSettings()).EmailNotice(t.Context(), failed(), contact); err != nil {
		t.Fatal(err)
	}
	if got := modern.ListMails()[0].To; got[0] != "jörg@xn--bcher-kva.example" || strings.Count(modern.HeardCommands(), " SMTPUTF8\r\n") != 1 {
		t.Errorf("to %q; %s", got, modern.HeardCommands())
	}
}

func TestTheGreetingIsANameThatServersTake(t *testing.T) {
	v4, v6 := &net.TCPAddr{IP: net.ParseIP("172.17.0.2"), Port: 4}, &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 4, Zone: "eth0"}
	for _, tt := range []struct {
		setting, hostname string
		local             net.Addr
		want              string
	}{
		{"sync.contoso.com", "vm", v4, "sync.contoso.com"},
		{"", "vm.contoso.com", v4, "vm.contoso.com"},
		{"", "vm.contoso.com.", v4, "vm.contoso.com"},
		{"", "vm", v4, "[172.17.0.2]"},
		{"", "3f9ab0c1d2e3", v4, "[172.17.0.2]"},
		{"", "vm", v6, "[IPv6:fe80::1]"},
		{"", "localhost", v4, "[172.17.0.2]"},
		{"", "localhost.localdomain", v4, "[172.17.0.2]"},
		{"", "my_pc.contoso.com", v4, "[172.17.0.2]"},
		{"", "büro.contoso.com", v4, "[172.17.0.2]"},
		{"", "", &net.TCPAddr{IP: net.ParseIP("::ffff:10.0.0.5")}, "[10.0.0.5]"},
		{"", "a b", &net.UnixAddr{}, "[127.0.0.1]"},
	} {
		if got := chooseGreeting(tt.setting, tt.hostname, tt.local); got != tt.want {
			t.Errorf("%q, %q: %s, want %s", tt.setting, tt.hostname, got, tt.want)
		}
	}
}

func TestAServerThatWantsAFullNameGetsOne(t *testing.T) {
	full := regexp.MustCompile(`^(\[.+\]|[^.]+(\.[^.]+)+)$`)
	s := mailtest.StartServer(t, mailtest.Options{TLS: "starttls", OnHello: func(name string) error {
		if !full.MatchString(name) {
			return &smtp.SMTPError{Code: 504, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "<" + name + ">: Helo command rejected: need fully-qualified hostname"}
		}
		return nil
	}})
	if err := open(t, s.SMTPSettings()).EmailNotice(t.Context(), failed(), contact); err != nil {
		t.Fatal(err)
	}
	c := s.SMTPSettings()
	c.Helo = "sync.bücher.example"
	if err := open(t, c).EmailNotice(t.Context(), failed(), contact); err != nil || !strings.Contains(s.HeardCommands(), "EHLO sync.xn--bcher-kva.example\r\n") {
		t.Errorf("%v\n%s", err, s.HeardCommands())
	}
	c.Helo = "vm"
	wantError(t, open(t, c).EmailNotice(t.Context(), failed(), contact), 504, true, "fully-qualified", "set SMTP_HELO")
	// Many servers say so only when a recipient is named.
	late := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "<vm>: Helo command rejected"}
	}})
	wantError(t, open(t, late.SMTPSettings()).EmailNotice(t.Context(), failed(), contact), 550, true, "set SMTP_HELO")
}

func TestAMailServerMayHaveAnIPv6Address(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("no IPv6 on this machine")
	} else {
		_ = l.Close()
	}
	for _, mode := range []string{"none", "starttls", "tls"} {
		s := mailtest.StartServer(t, mailtest.Options{Address: "::1", TLS: mode})
		for _, host := range []string{"::1", "[::1]", "0:0:0:0:0:0:0:1"} {
			c := s.SMTPSettings()
			c.Host = host
			if err := open(t, c).EmailNotice(t.Context(), failed(), contact); err != nil {
				t.Errorf("%s by %s: %v", host, mode, err)
			}
		}
	}
	n := open(t, config.SMTP{Host: "fe80::1%eth0", Port: 25, TLS: "tls", From: "a@contoso.com"})
	if n.MailServer() != "[fe80::1%eth0]:25" || n.mail.tls.ServerName != "fe80::1" {
		t.Errorf("address %s, name %s", n.MailServer(), n.mail.tls.ServerName)
	}
}

func TestRefusalsOfAMailAreToldApart(t *testing.T) {
	refusal := func(code int, enhanced smtp.EnhancedCode, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
	}
	for _, tt := range []struct {
		err       error
		permanent bool
		says      string
	}{
		{refusal(450, smtp.EnhancedCode{4, 2, 0}, "Greylisted"), false, "try again later"},
		{refusal(554, smtp.EnhancedCode{5, 7, 1}, "Greylisting in action, please come back later"), false, "try again later"},
		{refusal(550, smtp.EnhancedCode{4, 7, 1}, "Try again"), false, "try again later"},
		{refusal(452, smtp.EnhancedCode{4, 2, 2}, "Mailbox full"), false, "mailbox is full"},
		{refusal(552, smtp.EnhancedCode{5, 2, 2}, "Mailbox full"), true, "mailbox is full"},
		{refusal(552, smtp.EnhancedCode{5, 3, 4}, "Message too big"), true, "too big"},
		{refusal(421, smtp.EnhancedCode{4, 3, 2}, "Shutting down"), false, "try again later"},
		{refusal(550, smtp.EnhancedCode{5, 1, 1}, "No such user"), true, "INTEGRATION_CONTACTS"},
		{refusal(503, smtp.EnhancedCode{5, 5, 1}, "Bad sequence"), true, "Bad sequence"},
	} {
		s := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
			if to == contact {
				return tt.err
			}
			return nil
		}})
		n := open(t, s.SMTPSettings())
		wantError(t, n.EmailNotice(t.Context(), failed(), contact), tt.err.(*smtp.SMTPError).Code, tt.permanent, tt.says)
		if err := n.EmailNotice(t.Context(), failed(), "other@contoso.com"); err != nil || len(s.ListMails()) != 1 {
			t.Errorf("%v holds up others: %v", tt.err, err)
		}
	}
}

// scripted is a mail server that follows a script: each line is what it answers
// to the next line that it gets, the first one greets. An answer may be several
// lines; "hang" says no more.
func scripted(t *testing.T, answers ...string) config.SMTP {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go follow(t.Context(), conn, answers)
		}
	}()
	return config.SMTP{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: "none", From: "a@contoso.com"}
}

func follow(ctx context.Context, conn net.Conn, answers []string) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for i, answer := range answers {
		text, anyByte := strings.CutPrefix(answer, "after a byte: ")
		if anyByte {
			_, _ = conn.Read(make([]byte, 1))
			answer = text
		} else if i > 0 && !lines.Scan() {
			return
		}
		if strings.HasPrefix(answer, "after the mail: ") {
			for lines.Text() != "." && lines.Scan() {
			}
			answer = strings.TrimPrefix(answer, "after the mail: ")
		}
		if answer == "hang" {
			<-ctx.Done()
			return
		}
		if _, err := fmt.Fprintf(conn, "%s\r\n", answer); err != nil {
			return
		}
	}
}

func TestAServerThatHangsAfterTheMailIsGivenUp(t *testing.T) {
	c := scripted(t, "220 hi", "250 hi", "250 ok", "250 ok", "354 go", "after the mail: hang")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errSlow)
	defer cancel()
	wantError(t, open(t, c).mail.sendMail(ctx, time.Minute, Mail{To: contact, Subject: "s", Text: "t", MessageID: "m@contoso.com"}), 0, false, "timed out")
}

func TestAServerIsToldApartByWhatItOffers(t *testing.T) {
	login := func(c *config.SMTP) {
		c.TLS, c.Username, c.Password = "starttls", "ops", config.NewSecret("s3cret-pass")
	}
	for name, tt := range map[string]struct {
		server    config.SMTP
		change    func(*config.SMTP)
		status    int
		permanent bool
		says      string
	}{
		"STARTTLS that is broken":    {scripted(t, "220 hi", "250-hi\r\n250 STARTTLS", "220 go ahead", "after a byte: this is no TLS"), login, 0, false, "does not speak TLS"},
		"STARTTLS that is busy":      {scripted(t, "220 hi", "250-hi\r\n250 STARTTLS", "454 TLS not available"), login, 454, false, "try again later"},
		"STARTTLS that is refused":   {scripted(t, "220 hi", "250-hi\r\n250 STARTTLS", "501 no"), login, 501, true, ""},
		"a greeting that turns away": {scripted(t, "554 no mail here", "hang"), nil, 554, true, "no mail here"},
		"a greeting that is busy":    {scripted(t, "421 too many connections"), nil, 421, false, "try again later"},
		"a greeting that is no SMTP": {scripted(t, "HTTP/1.1 400 Bad Request", "hang"), nil, 0, false, ""},
		"an end at once":             {scripted(t), nil, 0, false, "port 465"},
		"an end after the greeting":  {scripted(t, "220 hi"), nil, 0, false, "port 465"},
	} {
		if tt.change != nil {
			tt.change(&tt.server)
		}
		t.Run(name, func(t *testing.T) {
			wantError(t, open(t, tt.server).EmailNotice(t.Context(), failed(), contact), tt.status, tt.permanent, tt.says)
		})
	}
}

// TestAServerWithoutExtensionsGetsPlainMail has one that knows HELO alone: no
// 8BITMIME, no SMTPUTF8, no long lines.
func TestAServerWithoutExtensionsGetsPlainMail(t *testing.T) {
	c := scripted(t, "220 hi", "502 no EHLO", "250 hi", "250 ok", "250 ok", "354 go", "after the mail: 250 ok", "221 bye")
	if err := open(t, c).EmailNotice(t.Context(), failed(), contact); err != nil {
		t.Error(err)
	}
}

// TestAMailIsPlainOnTheWire has names of apps and files that would break a
// mail: long ones, dots, line breaks, letters of every kind.
func TestAMailIsPlainOnTheWire(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	n := open(t, s.SMTPSettings())
	evil := "App\r\nBcc: victim@example.com\r\n\r\n.\r\nQUIT " + strings.Repeat("äöü", 400) + " " + strings.Repeat("x", 3000)
	what := failed()
	what.Headline, what.Cause, what.Integration, what.Todo = evil, ".\r\n.\r\n"+evil, evil, ".."
	path := filepath.Join(t.TempDir(), "a\"b;ü\nX-Evil: 1.xlsx")
	if err := os.WriteFile(path, []byte(".\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(n.EmailNotice(t.Context(), what, contact), n.SendMail(t.Context(), Mail{To: contact, Subject: evil, Text: ".\r\n..\r\n" + evil, Attachments: []string{path}, MessageID: "a\r\nX-Evil: 2@contoso.com"})); err != nil {
		t.Fatal(err)
	}
	for _, m := range s.ListMails() {
		if p := m.ParseMail(t); p.GetHeader("Bcc") != "" || p.GetHeader("X-Evil") != "" || len(m.To) != 1 {
			t.Errorf("headers %v, to %v", p.Header, m.To)
		}
		for line := range strings.SplitSeq(string(m.Raw), "\r\n") {
			if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r == '\n' || r == '\r' }) {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
	}
	if text := s.ListMails()[1].ParseMail(t).Text; !strings.HasPrefix(text, ".\r\n..\r\n") || !strings.Contains(text, strings.Repeat("x", 3000)) {
		t.Errorf("the dots are lost: %q", text[:20])
	}
}
