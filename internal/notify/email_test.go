package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/testing/mailtest"
)

func open(t testing.TB, smtp config.SMTP) *Notifier {
	t.Helper()
	n, err := OpenChannels(smtp, config.Notify{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantError checks an error's class and words.
func wantError(t *testing.T, err error, status int, permanent bool, says ...string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if e.Status != status || e.Permanent != permanent {
		t.Errorf("status %d, permanent %v of %v; want %d, %v", e.Status, e.Permanent, err, status, permanent)
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	return e
}

func TestANoticeArrivesBothAsTextAndAsHTML(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	if err := open(t, s.SMTPSettings()).EmailNotice(t.Context(), failed(), contact); err != nil {
		t.Fatal(err)
	}
	got := s.ListMails()
	if len(got) != 1 || got[0].From != "defendersync@contoso.com" || len(got[0].To) != 1 || got[0].To[0] != contact {
		t.Fatalf("%+v", got)
	}
	m := got[0].ParseMail(t)
	text, html := render(t, failed())
	if strings.ReplaceAll(m.Text, "\r\n", "\n") != text || strings.ReplaceAll(m.HTML, "\r\n", "\n") != html {
		t.Errorf("the parts are not those rendered:\n%s\n%s", m.Text, m.HTML)
	}
	for name, want := range map[string]string{
		"Subject": FormatSubject(failed()), "To": "<" + contact + ">", "From": `"defendersync" <defendersync@contoso.com>`,
		"Date": "Tue, 24 Nov 2026 03:00:00 +0000", "Auto-Submitted": "auto-generated", "Bcc": "", "Cc": "",
		"Message-Id": "<" + MessageID(failed().Key, "a@contoso.com") + ">",
	} {
		if got := m.GetHeader(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if kind, _, err := m.Header.ContentType(); err != nil || kind != "multipart/alternative" {
		t.Errorf("it is %s, %v", kind, err)
	}
}

func TestAResendHasTheSameMessageIDAndAnotherNoticeAnother(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	n := open(t, s.SMTPSettings())
	other := failed()
	other.Key += "x"
	for _, what := range []contract.Notice{failed(), failed(), other} {
		if err := n.EmailNotice(t.Context(), what, contact); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, m := range s.ListMails() {
		ids = append(ids, m.ParseMail(t).GetHeader("Message-Id"))
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || !strings.HasSuffix(ids[0], "@contoso.com>") {
		t.Errorf("got %v", ids)
	}
}

func TestNothingInANoticeBecomesAHeader(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	n := open(t, s.SMTPSettings())
	what := failed()
	what.Headline = "a\r\nBcc: victim@example.com\r\n\r\nbody ü"
	what.Integration, what.Key = "x\r\nX-Evil: 1", "k\r\nX-Evil: 2"
	if err := n.EmailNotice(t.Context(), what, contact); err != nil {
		t.Fatal(err)
	}
	m := s.ListMails()[0].ParseMail(t)
	if m.GetHeader("Bcc") != "" || m.GetHeader("X-Evil") != "" || m.GetHeader("Subject") != "[defendersync] x X-Evil: 1: a Bcc: victim@example.com body ü" {
		t.Errorf("headers: %v", m.Header)
	}
	for _, to := range []string{"a@b.example\r\nBcc: victim@example.com", "a@b.example\r\nDATA", "", "no address", "a@b.example, c@d.example"} {
		wantError(t, n.EmailNotice(t.Context(), failed(), to), 0, true, "not an email address", "INTEGRATION_CONTACTS")
	}
	if len(s.ListMails()) != 1 {
		t.Error("a bad address was written to")
	}
}

func TestMailGoesOverTLSWithALogin(t *testing.T) {
	for name, o := range map[string]mailtest.Options{
		"STARTTLS":             {TLS: "starttls"},
		"TLS":                  {TLS: "tls"},
		"STARTTLS and a login": {TLS: "starttls", User: "ops", Password: "s3cret pass"},
		"TLS and a login":      {TLS: "tls", User: "ops", Password: "s3cret pass"},
		"only LOGIN":           {TLS: "starttls", User: "ops", Password: "s3cret pass", Mechanisms: []string{"LOGIN"}},
		"only LOGIN over TLS":  {TLS: "tls", User: "ops", Password: "s3cret pass", Mechanisms: []string{"LOGIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.StartServer(t, o)
			n := open(t, s.SMTPSettings())
			if err := n.CheckEmail(t.Context()); err != nil || len(s.ListMails()) != 0 {
				t.Errorf("the check: %v, and %d mails", err, len(s.ListMails()))
			}
			if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || len(s.ListMails()) != 1 {
				t.Errorf("%v, and %d mails", err, len(s.ListMails()))
			}
		})
	}
}

func TestTroubleWithASessionIsToldWithWhatToDo(t *testing.T) {
	full := mailtest.Options{TLS: "starttls", User: "ops", Password: "s3cret-pass"}
	for name, tc := range map[string]struct {
		server mailtest.Options
		change func(*config.SMTP)
		status int
		says   string
	}{
		"a wrong password":            {full, func(c *config.SMTP) { c.Password = config.NewSecret("wrong-pass") }, 535, "SMTP_PASSWORD"},
		"no login where one is asked": {full, func(c *config.SMTP) { c.Username, c.Password = "", config.Secret{} }, 530, "set SMTP_USERNAME"},
		"a login where none is taken": {mailtest.Options{TLS: "starttls"}, func(c *config.SMTP) { c.Username, c.Password = "ops", config.NewSecret("s3cret-pass") }, 0, "accepts no login on this port"},
		"an unknown authority":        {full, func(c *config.SMTP) { c.CAFile = "" }, 0, "SMTP_CA_FILE"},
		"an unknown authority by TLS": {mailtest.Options{TLS: "tls"}, func(c *config.SMTP) { c.CAFile = "" }, 0, "SMTP_CA_FILE"},
		"a host not in its name":      {full, func(c *config.SMTP) { c.Host = "127.0.0.2" }, 0, "SMTP_HOST"},
		"no STARTTLS":                 {mailtest.Options{User: "ops", Password: "s3cret-pass"}, func(c *config.SMTP) { c.TLS = "starttls" }, 0, "offers no STARTTLS on this port"},
		"TLS where STARTTLS is meant": {full, func(c *config.SMTP) { c.TLS = "tls" }, 0, "usually 465"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.StartServer(t, tc.server)
			c := s.SMTPSettings()
			tc.change(&c)
			if c.Host == "127.0.0.2" {
				skipUnlessReachable(t, c)
			}
			n := open(t, c)
			e := wantError(t, n.EmailNotice(t.Context(), failed(), contact), tc.status, true, tc.says)
			if tc.status != 530 { // this one shows with a sender only
				wantError(t, n.CheckEmail(t.Context()), tc.status, true, tc.says)
			}
			if strings.Contains(e.Error(), "-pass") || len(s.ListMails()) != 0 {
				t.Errorf("%d mails; %v", len(s.ListMails()), e)
			}
		})
	}
}

// skipUnlessReachable skips where 127.0.0.2 is not this machine, and lets the
// server of 127.0.0.1 be found there by another listener otherwise.
func skipUnlessReachable(t *testing.T, c config.SMTP) {
	t.Helper()
	d := mailServer{host: c.Host, port: c.Port}
	listener, err := net.Listen("tcp", d.hostPort())
	if err != nil {
		t.Skip("no second address on this machine")
	}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", (&mailServer{host: "127.0.0.1", port: c.Port}).hostPort())
			if err != nil {
				_ = from.Close()
				return
			}
			go func() { _, _ = to.(*net.TCPConn).ReadFrom(from); _ = to.Close() }()
			go func() { _, _ = from.(*net.TCPConn).ReadFrom(to); _ = from.Close() }()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
}

func TestAPasswordIsNeverSentInClear(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{User: "ops", Password: "s3cret-pass"})
	c := s.SMTPSettings()
	if _, err := OpenChannels(c, config.Notify{}); err == nil || !strings.Contains(err.Error(), "SMTP_TLS") {
		t.Errorf("a password in clear was accepted: %v", err)
	}
	c.TLS = "starttls"
	if err := open(t, c).CheckEmail(t.Context()); err == nil {
		t.Error("no error")
	}
	heard := s.HeardCommands()
	for _, secret := range []string{"s3cret-pass", base64.StdEncoding.EncodeToString([]byte("s3cret-pass")), "AUTH ", base64.StdEncoding.EncodeToString([]byte("\x00ops\x00s3cret-pass"))} {
		if strings.Contains(strings.ReplaceAll(heard, "250-AUTH ", ""), secret) {
			t.Errorf("%q was said:\n%s", secret, heard)
		}
	}
	if !strings.Contains(heard, "EHLO") {
		t.Errorf("the server heard nothing: %q", heard)
	}
}

func TestARefusalThatPassesIsTriedAgainWithSuccess(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{OnData: func(n int) error {
		if n == 0 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, come back"}
		}
		return nil
	}})
	n := open(t, s.SMTPSettings())
	wantError(t, n.EmailNotice(t.Context(), failed(), contact), 451, false, "send to "+contact, "Greylisted", "later")
	if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || len(s.ListMails()) != 1 {
		t.Errorf("%v, and %d mails", err, len(s.ListMails()))
	}
}

func TestABadContactDoesNotHoldUpAnother(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(to string) error {
		if strings.HasPrefix(to, "gone@") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
		}
		return nil
	}})
	n := open(t, s.SMTPSettings())
	e := wantError(t, n.EmailNotice(t.Context(), failed(), "gone@contoso.com"), 550, true, "No such user", "gone@contoso.com", "INTEGRATION_CONTACTS")
	if want := "email: send to gone@contoso.com: answered 550: 5.1.1 No such user (" + hintContact + ")"; e.Error() != want {
		t.Errorf("got %q", e.Error())
	}
	if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || len(s.ListMails()) != 1 {
		t.Errorf("%v, and %d mails", err, len(s.ListMails()))
	}
}

func TestARefusedSenderIsToldAsSuch(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{OnMail: func(string) error {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Not owner"}
	}})
	wantError(t, open(t, s.SMTPSettings()).EmailNotice(t.Context(), failed(), contact), 553, true, "Not owner", "SMTP_FROM")
}

func TestADroppedConnectionMayBeTriedAgain(t *testing.T) {
	drop := func(string) error { return mailtest.ErrDrop }
	for name, o := range map[string]mailtest.Options{
		"at the sender": {OnMail: drop}, "at the contact": {OnRcpt: drop},
		"at the content": {OnData: func(int) error { return mailtest.ErrDrop }},
	} {
		s := mailtest.StartServer(t, o)
		t.Log(name)
		wantError(t, open(t, s.SMTPSettings()).EmailNotice(t.Context(), failed(), contact), 0, false)
	}
}

func TestAServerThatIsDownIsFoundAgain(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{})
	n := open(t, s.SMTPSettings())
	s.Close()
	wantError(t, n.EmailNotice(t.Context(), failed(), contact), 0, false, "connect to 127.0.0.1:", "SMTP_HOST")
	s.OpenPort(t)
	if err := n.EmailNotice(t.Context(), failed(), contact); err != nil || len(s.ListMails()) != 1 {
		t.Errorf("%v, and %d mails", err, len(s.ListMails()))
	}
}

func TestAUnknownHostIsToldByItsSetting(t *testing.T) {
	n := open(t, config.SMTP{Host: "mail.invalid", Port: 587, TLS: "starttls", From: "a@contoso.com"})
	wantError(t, n.CheckEmail(t.Context()), 0, false, "mail.invalid", "DNS")
}

func TestTheCallerCanStopASlowSession(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	reached := make(chan struct{})
	go func() {
		if conn, err := silent.Accept(); err == nil {
			defer conn.Close()
			close(reached)
			<-t.Context().Done()
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	n := open(t, config.SMTP{Host: "127.0.0.1", Port: silent.Addr().(*net.TCPAddr).Port, TLS: "none", From: "a@contoso.com"})
	if err := n.EmailNotice(ctx, failed(), contact); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestASlowServerIsGivenUp(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{OnRcpt: func(string) error {
		<-t.Context().Done()
		return mailtest.ErrDrop
	}})
	n := open(t, s.SMTPSettings())
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errSlow)
	defer cancel()
	err := n.mail.sendMail(ctx, time.Minute, Mail{To: contact, Subject: "s", Text: "t", MessageID: "m@contoso.com"})
	wantError(t, err, 0, false, "timed out", "port 465")
}

func TestAMailCarriesFiles(t *testing.T) {
	s := mailtest.StartServer(t, mailtest.Options{TLS: "starttls"})
	n := open(t, s.SMTPSettings())
	path := filepath.Join(t.TempDir(), "Übersicht apps.csv")
	content := strings.Repeat("app,users\r\n.\r\n..x,1\r\n", 5000)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	mail := Mail{To: contact, Subject: "Übersicht", Text: "See the file.\n", HTML: "<p>See the file.</p>", Attachments: []string{path}, MessageID: "report.1@contoso.com", At: three}
	if err := n.SendMail(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	m := s.ListMails()[0].ParseMail(t)
	if m.GetHeader("Subject") != "Übersicht" || m.GetHeader("Message-Id") != "<report.1@contoso.com>" || !strings.Contains(m.Text, "See the file.") || !strings.Contains(m.HTML, "<p>") {
		t.Errorf("%+v", m.Header)
	}
	if got := m.Attachments["Übersicht apps.csv"]; string(got) != content {
		t.Errorf("%d bytes arrived of %d, of %d files", len(got), len(content), len(m.Attachments))
	}
	mail.Attachments = []string{path + "x"}
	wantError(t, n.SendMail(t.Context(), mail), 0, true, path+"x")
	if len(s.ListMails()) != 1 {
		t.Error("a mail without its file was sent")
	}
}

func TestWithoutAMailServerThereIsNoEmail(t *testing.T) {
	n := open(t, config.SMTP{})
	if n.HasEmail() {
		t.Error("it has email")
	}
	for _, err := range []error{n.EmailNotice(t.Context(), failed(), contact), n.SendMail(t.Context(), Mail{To: contact}), n.CheckEmail(t.Context())} {
		wantError(t, err, 0, true, "set SMTP_HOST")
	}
	if _, err := OpenChannels(config.SMTP{Host: "h", CAFile: filepath.Join(t.TempDir(), "none")}, config.Notify{}); err == nil || !strings.Contains(err.Error(), "SMTP_CA_FILE") {
		t.Errorf("a missing CA file: %v", err)
	}
}
