package mailbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const notice = "From: d@example.com\r\nTo: ann@example.com\r\nSubject: =?utf-8?q?Session_f=C3=BCr_heute_failed?=\r\nMessage-ID: <n.1@example.com>\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n" +
	"--m\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nWhat to do =E2=80=94 <script>alert(1)</script>\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><script>alert(1)</script><a href=\"https://a.example\">x</a></body></html>\r\n--b--\r\n" +
	"--m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"../../apps.csv\"\r\n\r\nid,name\r\n--m--\r\n"

// box is a mailbox on ports of its own.
type box struct {
	*Mailbox
	t            *testing.T
	server, page string
}

func openBox(t *testing.T, folder string) *box {
	t.Helper()
	m, err := Open(folder, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &box{m, t, m.lines[0].Addr().String(), "http://" + m.lines[1].Addr().String()}
}

func (b *box) send(content string, to ...string) error {
	return smtp.SendMail(b.server, nil, "d@example.com", to, []byte(content))
}

func (b *box) get(path string) (int, http.Header, string) {
	b.t.Helper()
	resp, err := http.Get(b.page + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

func (b *box) list() (mails []Mail) {
	b.t.Helper()
	_, _, body := b.get("/api/messages")
	if err := json.Unmarshal([]byte(body), &mails); err != nil {
		b.t.Fatalf("%v in %s", err, body)
	}
	return mails
}

func TestAMailCanBeReadInEveryWay(t *testing.T) {
	b := openBox(t, t.TempDir())
	defer b.Close()
	if err := b.send(notice, "ann@example.com", "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	mails := b.list()
	if len(mails) != 1 || mails[0].Subject != "Session für heute failed" || mails[0].MessageID != "n.1@example.com" || mails[0].From != "d@example.com" ||
		strings.Join(mails[0].To, " ") != "ann@example.com bob@example.com" || time.Since(mails[0].At) > time.Minute {
		t.Fatalf("%+v", mails)
	}
	at := "/messages/" + mails[0].ID
	for path, wants := range map[string][]string{
		"/":             {"Session für heute failed", "ann@example.com, bob@example.com", at, `http-equiv="refresh"`},
		at:              {"What to do — &lt;script&gt;", "Subject: Session für heute failed", `sandbox="allow-popups`, "apps.csv", at + "/html"},
		at + "/html":    {`<base target="_blank">`, `<a href="https://a.example">`},
		at + "/raw":     {"=?utf-8?q?Session", "X-Envelope-To: ann@example.com, bob@example.com"},
		at + "/files/0": {"id,name"},
		"/api" + at:     {`"headers": [`, "What to do — ", `"apps.csv"`, `"html": "`},
	} {
		status, _, body := b.get(path)
		for _, want := range wants {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%s: %d, %q is missing in\n%s", path, status, want, body)
			}
		}
	}
	if _, _, body := b.get(at); strings.Contains(body, "<script") {
		t.Error("a mail's script is in our page")
	}
}

func TestAMailsHTMLCanDoNothing(t *testing.T) {
	b := openBox(t, t.TempDir())
	defer b.Close()
	if err := b.send(notice, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	at := "/messages/" + b.list()[0].ID
	for path, wants := range map[string][]string{
		"/": {"default-src 'none'", "frame-ancestors 'none'"}, at: {"default-src 'none'", "form-action 'none'"},
		at + "/html": {"sandbox ", "default-src 'none'"},
	} {
		_, header, _ := b.get(path)
		policy := header.Get("Content-Security-Policy")
		for _, want := range wants {
			if !strings.Contains(policy, want) || strings.Contains(policy, "script") || strings.Contains(policy, "allow-same-origin") {
				t.Errorf("%s has the policy %q", path, policy)
			}
		}
	}
	for path, kind := range map[string]string{at + "/raw": "text/plain; charset=utf-8", at + "/files/0": "application/octet-stream"} {
		if _, header, _ := b.get(path); header.Get("Content-Type") != kind || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s comes as %v", path, header)
		}
	}
}

func TestMailSurvivesARestartAndTheNewestComesFirst(t *testing.T) {
	folder := t.TempDir()
	for i := range 3 {
		b := openBox(t, folder)
		if err := b.send(fmt.Sprintf("Subject: %d\r\n\r\nx\r\n", i), "a@example.com"); err != nil {
			t.Fatal(err)
		}
		b.Close()
	}
	for name, content := range map[string]string{"notes.txt": "not ours", "20261124T030000.000000000-1.eml": "no mail\r\n\r\n", "20261124T030000.000000000-2.eml.part": "half"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := openBox(t, folder)
	defer b.Close()
	var subjects []string
	for _, m := range b.list() {
		subjects = append(subjects, m.Subject)
	}
	if strings.Join(subjects, " ") != "2 1 0" {
		t.Errorf("got %v", subjects)
	}
}

func TestTheOldestMailGoesBeyondTheLimit(t *testing.T) {
	folder := t.TempDir()
	s, err := openStore(folder, 3)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for i := range 5 { // all at once: their order is that of coming
		if err := s.addMail(at, "a@b", []string{"c@d"}, fmt.Appendf(nil, "Subject: %d\r\n\r\nx", i)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if got := s.listMails(); err != nil || len(files) != 3 || len(got) != 3 || got[0].Subject != "4" || got[2].Subject != "2" {
		t.Errorf("%d files, %+v, %v", len(files), got, err)
	}
}

func TestWhatIsNoMailIsRefusedAndAFullDiskAsksToComeBack(t *testing.T) {
	folder := t.TempDir()
	b := openBox(t, folder)
	defer b.Close()
	if err := b.send("no header\r\n\r\nx", "a@example.com"); err == nil || !strings.Contains(err.Error(), "554") {
		t.Errorf("no mail: %v", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := b.send(notice, "a@example.com"); err == nil || !strings.Contains(err.Error(), "452") {
		t.Errorf("no folder: %v", err)
	}
	if len(b.list()) != 0 {
		t.Error("a mail is listed that wasn't kept")
	}
}

func TestOnlyThisMachineIsServed(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:0", "192.0.2.1:0"} {
		if m, err := Open(t.TempDir(), address, "127.0.0.1:0"); err == nil {
			m.Close()
			t.Errorf("it listens on %s", address)
		}
	}
	b := openBox(t, t.TempDir())
	defer b.Close()
	for host, want := range map[string]int{"evil.example": 403, "localhost:8325": 200, "127.0.0.1": 200, "[::1]:80": 200} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.page, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("asked as %s: %d", host, resp.StatusCode)
		}
	}
	for _, origin := range []string{"null", "https://evil.example"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.page+"/api/messages", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("asked from %s: %d", origin, resp.StatusCode)
		}
	}
}

func TestMailsThatAreNotThereAreNotFound(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "secret.eml"), []byte("Subject: secret\r\n\r\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBox(t, filepath.Join(folder, "box"))
	defer b.Close()
	if err := b.send("Subject: x\r\n\r\nx", "a@example.com"); err != nil {
		t.Fatal(err)
	}
	id := b.list()[0].ID
	for _, path := range []string{"/messages/x", "/messages/..%2Fsecret", "/messages/..%2Fsecret/raw", "/messages/" + id + "x", "/api/messages/x", "/messages/" + id + "/files/0", "/messages/" + id + "/files/-1", "/x"} {
		if status, _, body := b.get(path); status != http.StatusNotFound || strings.Contains(body, "secret\r\n") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

func TestAPortThatIsTakenIsToldAndNothingStaysOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := Open(t.TempDir(), "127.0.0.1:0", taken.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadingAMail(f *testing.F) {
	f.Add([]byte(notice))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=x\r\n\r\n\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := openStore(t.TempDir(), 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.addMail(time.Now(), "a@b", []string{"c@d"}, content); err != nil {
			return
		}
		m := s.listMails()[0]
		if c, err := s.openMail(m.ID); err == nil && c.Subject != m.Subject {
			t.Errorf("%q in the list, %q when opened", m.Subject, c.Subject)
		}
	})
}
