package config

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestNumbersAreDecimalOrAnError(t *testing.T) {
	for text, want := range map[string]int{"25": 25, "025": 25, "0025": 25, " 25 ": 25, "+25": 25, "\u00a025": 25, "\ufeff25": 25, "25\u200b": 25, "08": 8} {
		s, err := Load(context.Background(), complete("INTEGRATION_DEFAULT_ROLE="+text), NeedIntegration)
		if err != nil || s.Integration.DefaultRole != want {
			t.Errorf("%q is %d, %v", text, s.Integration.DefaultRole, err)
		}
	}
	for _, text := range []string{"0x19", "0b11", "0o31", "1_000", "25.0", "1e3", "２５", "٢٥", "25,0", "1 000", "99999999999999999999", "-9999999999999999999", "--5", "25;", "²"} {
		_, err := Load(context.Background(), complete("INTEGRATION_DEFAULT_ROLE="+text), NeedIntegration)
		if err == nil || !strings.HasPrefix(err.Error(), "INTEGRATION_DEFAULT_ROLE=") || !strings.Contains(err.Error(), "number") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEverySettingTellsBadValues gives every setting of every type what it
// can't be: none may be taken in silence.
func TestEverySettingTellsBadValues(t *testing.T) {
	bad := map[string][]string{
		"number":   {"0x19", "1_000", "25.0", "1e3", "２５", "-1000000", "99999999999999999999"},
		"duration": {"0x19h", "1_000h", "1e3h", "２５h", "25", "-5m", "+5m", "5 minutes", "PT5M", "1w", "1y", "99999999999h", "1d,5h", "5M", "1d 12h"},
		"boolean":  {"yes", "on", "2", "0x1", "ja", "1.0", "ｔrue", "true false"},
	}
	for _, v := range ListVariables() {
		kind := ""
		switch {
		case v.Group == "Temporal":
		case v.duration:
			kind = "duration"
		case v.kind == reflect.Int:
			kind = "number"
		case v.kind == reflect.Bool:
			kind = "boolean"
		}
		for _, text := range bad[kind] {
			_, err := Load(context.Background(), []string{v.Name + "=" + text}, 0)
			if err == nil || !strings.Contains(err.Error(), v.Name+"=") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%s: %v", v.Name, text, err)
			}
		}
	}
}

func TestAServerIsNamedByItsHostAlone(t *testing.T) {
	from := "SMTP_FROM=a@contoso.com"
	for _, host := range []string{"mail.contoso.com", "mail", "::1", "[::1]", "fe80::1%eth0", "192.0.2.1", "mail.bücher.example", "localhost."} {
		load(t, complete("SMTP_HOST="+host, from), 0)
	}
	for _, host := range []string{"mail.contoso.com:587", "[::1]:587", "smtp://mail.contoso.com", "mail contoso", "ann@mail.contoso.com", "mail.contoso.com/x", "::g"} {
		if _, err := Load(context.Background(), complete("SMTP_HOST="+host, from), 0); err == nil || !strings.Contains(err.Error(), "give the host alone") {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, name := range []string{"sync.contoso.com", "[192.0.2.1]", "[IPv6:2001:db8::1]", "sync", "sync.bücher.example"} {
		load(t, complete("SMTP_HELO="+name), 0)
	}
	for _, name := range []string{"a b", "a\r\nMAIL FROM:<x>", "sync.contoso.com:25", "[x y]", "a..b"} {
		if _, err := Load(context.Background(), complete("SMTP_HELO="+name), 0); err == nil || !strings.HasPrefix(err.Error(), "SMTP_HELO") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestASecretsFileIsReadHoweverAnEditorSavedIt(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"plain": "s3cret", "a mark": "\ufeffs3cret", "a line": "s3cret\n", "CR LF": "s3cret\r\n", "both": "\ufeffs3cret\r\n\r\n",
		"unseen": "\u200bs3cret\u2060\n", "no-break": "\u00a0s3cret\u00a0",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := load(t, []string{"OOMNITZA_URL=https://x.example", "OOMNITZA_API_TOKEN_FILE=" + path}, NeedOomnitza)
		if got := s.Oomnitza.APIToken.Reveal(); got != "s3cret" {
			t.Errorf("%s: %q", name, got)
		}
	}
	s := load(t, complete("SMTP_PASSWORD=\ufeffs3cret", "SMTP_USERNAME=x"), 0)
	if got := s.SMTP.Password.Reveal(); got != "s3cret" {
		t.Errorf("in the environment: %q", got)
	}
}

func TestNoErrorOfASecretsFileShowsIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, value := range map[string]string{
		"is UTF-16 text: save it as UTF-8":  write("utf16le", "\xff\xfes\x003\x00c\x00r\x00e\x00t\x00", 0o600),
		"is UTF-16 text":                    write("utf16be", "\xfe\xff\x00s\x003\x00c\x00r\x00e\x00t", 0o600),
		"is not UTF-8 text":                 write("binary", "s3cret\x00\x01", 0o600),
		"is not UTF-8":                      write("latin1", "s3cret\xe4", 0o600),
		"is empty":                          write("blank", "\ufeff \r\n", 0o600),
		"is not a file of at most":          write("large", strings.Repeat("s3cret", 20000), 0o600),
		"is not a file of":                  dir,
		"can't be read: no such file":       filepath.Join(dir, "none"),
		"not the secret itself":             "s3cret",
		"no such file or directory; it tak": "/s3cret",
		"directory; it takes the path":      "s3cret/with/slashes+==",
		"file name too long; it takes":      strings.Repeat("s3cret", 1000),
		"without white space or anything":   write("inside", "s3\u200bcret", 0o600),
	} {
		_, err := Load(context.Background(), []string{"OOMNITZA_URL=https://x.example", "OOMNITZA_API_TOKEN_FILE=" + value}, NeedOomnitza)
		if err == nil || !strings.HasPrefix(err.Error(), "OOMNITZA_API_TOKEN") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3") {
			t.Errorf("wants %q: %v", want, err)
		}
	}
}
