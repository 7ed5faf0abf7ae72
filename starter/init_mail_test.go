package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// mailPassword needs quotes in a file of settings.
const mailPassword = `s3cret pass'$`

// initRig has both tenants, and a folder for what init writes.
type initRig struct {
	tenantPair
	t    *testing.T
	path string
}

func newInitRig(t *testing.T, lines ...string) initRig {
	t.Helper()
	r := initRig{newTenants(t, simulator.Options{Seed: 7, Apps: 12, People: 20, Pairs: 60}), t, filepath.Join(t.TempDir(), ".env")}
	r.environ = append(r.environ, "INTEGRATION_DEFAULT_ROLE=25")
	if lines != nil {
		r.path = envFile(t, lines...)
	}
	return r
}

// answer runs init with answers to what follows the tenants; these are kept as they are
// set.
func (r initRig) answer(settings []string, answers ...string) ran {
	r.t.Helper()
	all := slices.Concat(make([]string, 7), answers)
	return initWith(r.t, slices.Concat(r.environ, settings), all, "--file", r.path)
}

// silent runs init without a terminal.
func (r initRig) silent(settings []string, args ...string) ran {
	r.t.Helper()
	return initWith(r.t, slices.Concat(r.environ, settings), nil, slices.Concat([]string{"--yes", "--file", r.path}, args)...)
}

// wrote asserts that the file has lines and is private.
func (r initRig) wrote(lines ...string) string {
	r.t.Helper()
	text, err := os.ReadFile(r.path)
	info, statErr := os.Stat(r.path)
	if err = errors.Join(err, statErr); err != nil || info.Mode().Perm() != 0o600 {
		r.t.Fatalf("%v, %v", info, err)
	}
	for _, line := range lines {
		if !strings.Contains("\n"+string(text), "\n"+line+"\n") {
			r.t.Errorf("%q is not in\n%s", line, text)
		}
	}
	return string(text)
}

// wroteNothing asserts that there is no file.
func (r initRig) wroteNothing() {
	r.t.Helper()
	if _, err := os.Stat(r.path); !errors.Is(err, fs.ErrNotExist) {
		r.t.Errorf("it wrote: %v", err)
	}
}

// hides asserts that secrets are nowhere on the screen.
func (r ran) hides(secrets ...string) ran {
	r.t.Helper()
	for _, secret := range secrets {
		if strings.Contains(r.out+r.err, secret) {
			r.t.Errorf("it shows %s:\n%s%s", secret, r.out, r.err)
		}
	}
	return r
}

// startMail starts a mail server that wants a login.
func startMail(t *testing.T) (server *mailtest.Server, port string, ca []string) {
	t.Helper()
	server = mailtest.StartServer(t, mailtest.Options{TLS: "starttls", User: "ops", Password: mailPassword})
	return server, strconv.Itoa(server.Port), []string{"SMTP_CA_FILE=" + server.CAFile}
}

// closedPort is a port that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestInitLogsInAtTheMailServerAndMailsNobodyUnlessToldTo(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		mailed []string
	}{
		"nothing is said": {"", nil},
		"no":              {"no", nil},
		"yes":             {"yes", []string{"ann@contoso.com", "bob@contoso.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newInitRig(t)
			before := r.sim.Holdings()
			mails, port, ca := startMail(t)
			got := r.answer(ca, "ann@contoso.com, bob@contoso.com",
				"127.0.0.1", port, "", "ops", "wr0ng-password", "sync@contoso.com", "no", // refused, and not kept
				"", "", "", "", mailPassword, "", tc.answer,
				"", "", "").ends(exitCompleted).hides(mailPassword, "wr0ng-password")
			got.says("Mail server for notices (nothing: no mail, notices in the app only): ", "Its port [587]: ", "[starttls]: ", "Password (not shown): ",
				"✗ email: open a session and log in at 127.0.0.1:"+port+": answered 535", "check SMTP_USERNAME and SMTP_PASSWORD",
				"Mail server for notices (none: no mail, notices in the app only) [127.0.0.1]: ", "Password [keep the one that is set] (not shown): ",
				"✓ The mail server at 127.0.0.1:"+port+" answers and accepts the login", "Send a test mail to ann@contoso.com, bob@contoso.com? (yes or no) [no]: ")
			r.wrote("SMTP_HOST=127.0.0.1", "SMTP_PORT="+port, "SMTP_TLS=starttls", "SMTP_USERNAME=ops", `SMTP_PASSWORD='s3cret pass'\''$'`, "SMTP_FROM=sync@contoso.com", ca[0])
			var mailed []string
			for _, m := range mails.ListMails() {
				mailed = append(mailed, m.To...)
				if text := m.ParseMail(t).Text; !strings.Contains(text, "Somebody ran 'defendersync init'.") {
					t.Errorf("the mail says %s", text)
				}
			}
			if !slices.Equal(mailed, tc.mailed) {
				t.Errorf("mailed to %q", mailed)
			}
			if !reflect.DeepEqual(r.sim.Holdings(), before) {
				t.Error("something was written to Oomnitza")
			}
		})
	}
}

func TestInitTakesAnEmptyAnswerOrNoneForNoMail(t *testing.T) {
	r := newInitRig(t)
	r.answer(nil, "", "", "", "", "").ends(exitCompleted)
	if text := r.wrote(); strings.Contains(text, "SMTP_") || strings.Contains(text, "NOTIFY_") {
		t.Errorf("it wrote\n%s", text)
	}
	// What is there is kept by an empty answer, and left out by none. What is wrong with
	// it keeps nobody from that.
	r = newInitRig(t, "SMTP_HOST=mail.contoso.com", "SMTP_TLS=sometimes", "SMTP_USERNAME=ops", "NOTIFY_WEBHOOK_URL=https://chat.contoso.com/hooks/s3cret", "LOG_LEVEL=debug")
	r.answer(nil, "", "None", "none", "", "", "yes").ends(exitCompleted).hides("s3cret")
	r.wrote("#SMTP_HOST=", "#SMTP_TLS=", "#SMTP_USERNAME=", "#NOTIFY_WEBHOOK_URL=", "LOG_LEVEL=debug")
}

func TestInitMendsMailSettingsThatAreWrong(t *testing.T) {
	_, port, ca := startMail(t)
	r := newInitRig(t, "SMTP_HOST=127.0.0.1", "SMTP_TLS=sometimes", "SMTP_PORT="+port, "SMTP_PASSWORD='s3cret pass'\\''$'")
	r.answer(ca, "", "", "", "", "ops", "", "not an address", "", "", "starttls", "", "", "sync@contoso.com", "", "", "", "yes").ends(exitCompleted).
		says(`✗ SMTP_FROM="not an address": not an email address alone`, `SMTP_TLS="sometimes"`, "✓ The mail server at 127.0.0.1:"+port+" answers and accepts the login").hides(mailPassword)
	r.wrote("SMTP_TLS=starttls", "SMTP_FROM=sync@contoso.com", `SMTP_PASSWORD='s3cret pass'\''$'`)
}

func TestInitKeepsAMailServerThatCannotBeReachedOnlyIfToldTo(t *testing.T) {
	port := closedPort(t)
	r := newInitRig(t)
	r.answer(nil, "ann@contoso.com", "127.0.0.1", port, "none", "", "sync@contoso.com", "yes", "", "", "").ends(exitCompleted).
		says("✗ email: connect to 127.0.0.1:"+port, "Keep these settings all the same? (yes or no) [no]: ")
	r.wrote("SMTP_HOST=127.0.0.1", "SMTP_PORT="+port, "SMTP_TLS=none")
	r = newInitRig(t)
	r.silent(nil, "--smtp-host", "127.0.0.1", "--smtp-port", port, "--smtp-from", "sync@contoso.com").ends(exitFailed).says("connect to 127.0.0.1:" + port)
	r.wroteNothing()
}

func TestInitTestsTheMailServerOfFlagsWithoutATerminal(t *testing.T) {
	flags := func(port string, more ...string) []string {
		return append([]string{"--smtp-host", "127.0.0.1", "--smtp-port", port, "--smtp-user", "ops", "--smtp-from", "sync@contoso.com", "--contacts", "ann@contoso.com"}, more...)
	}
	for name, tc := range map[string]struct {
		args   []string
		code   int
		says   string
		mailed int
	}{
		"a login alone":                     {nil, exitCompleted, "answers and accepts the login", 0},
		"with a test mail":                  {[]string{"--test-mail"}, exitCompleted, "took a test mail to ann@contoso.com", 1},
		"TLS from the first byte":           {[]string{"--smtp-tls", "tls"}, exitFailed, "SMTP_TLS=starttls", 0},
		"a user whom it does not know":      {[]string{"--smtp-user", "eve"}, exitUsage, "check SMTP_USERNAME and SMTP_PASSWORD", 0},
		"a port that is none":               {[]string{"--smtp-port", "mail"}, exitUsage, "SMTP_PORT", 0},
		"a test mail to nobody":             {[]string{"--contacts", "", "--test-mail"}, exitUsage, "--test-mail: there is nobody to send it to", 0},
		"a test mail without a mail server": {[]string{"--smtp-host", "", "--smtp-user", "", "--test-mail"}, exitUsage, "--test-mail: there is no mail server", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newInitRig(t)
			mails, port, settings := startMail(t)
			if name != "a test mail without a mail server" {
				settings = append(settings, "SMTP_PASSWORD="+mailPassword)
			}
			r.silent(settings, flags(port, tc.args...)...).ends(tc.code).says(tc.says).hides(mailPassword)
			if n := len(mails.ListMails()); n != tc.mailed {
				t.Errorf("%d mails", n)
			}
			if tc.code == exitCompleted {
				r.wrote("SMTP_HOST=127.0.0.1", "SMTP_PORT="+port, "SMTP_TLS=starttls", "SMTP_USERNAME=ops", "SMTP_FROM=sync@contoso.com", "INTEGRATION_CONTACTS=ann@contoso.com")
			} else {
				r.wroteNothing()
			}
		})
	}
}

func TestATestMailThatIsRefusedIsToldBeforeAnythingIsWritten(t *testing.T) {
	r := newInitRig(t)
	mails := mailtest.StartServer(t, mailtest.Options{OnMail: func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 60}, Message: "SendAsDenied"}
	}})
	got := r.silent(nil, "--smtp-host", "127.0.0.1", "--smtp-port", strconv.Itoa(mails.Port), "--smtp-tls", "none", "--smtp-from", "sync@contoso.com",
		"--contacts", "ann@contoso.com", "--test-mail").ends(exitUsage)
	got.says("✓ The mail server at 127.0.0.1:"+strconv.Itoa(mails.Port)+" answers\n", "SendAsDenied", "check SMTP_FROM")
	r.wroteNothing()
}
