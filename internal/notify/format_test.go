package notify

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestAnAgeIsWrittenInAtMostTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "", 0: "", 59 * time.Second: "", time.Minute: " (1 min earlier)", 59 * time.Minute: " (59 min earlier)",
		time.Hour: " (1 h 0 min earlier)", 90*time.Minute + 59*time.Second: " (1 h 30 min earlier)",
		47*time.Hour + 59*time.Minute: " (47 h 59 min earlier)", 48 * time.Hour: " (2 days 0 h earlier)", 50 * time.Hour: " (2 days 2 h earlier)",
	} {
		if got := formatAge(three.Add(-d), three); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if got := formatAge(three, time.Time{}); got != "" {
		t.Errorf("a notice without a time: %q", got)
	}
}

func TestAPositionSaysHowFarASessionHasGot(t *testing.T) {
	for want, p := range map[string]contract.NoticeProgress{
		"":                {},
		"opening":         {Phase: "opening"},
		"apps 12 so far":  {AppsRead: 12},
		"apps 12 of ~200": {AppsRead: 12, AppsKnown: 200},
		"reading users, apps 12 of ~200 in 1 of 2 streams": {Phase: "reading users", AppsRead: 12, AppsKnown: 200, Uncounted: 1, Streams: 2},
		"two lines, apps 1 so far":                         {Phase: "two\nlines", AppsRead: 1},
	} {
		if got := formatPosition(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

func TestTheBeginningOfTheMatterHasALabelByItsKind(t *testing.T) {
	for kind, want := range map[contract.NoticeKind]string{
		contract.NoticeFailed: "Session began", contract.NoticeStalled: "Session began", contract.NoticeStuck: "Session began",
		contract.NoticeMissed: "Due", contract.NoticeRecovered: "Since", contract.NoticeTest: "Since",
	} {
		if got := sinceLabel(kind); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

func TestALinkLeadsToAWebPageOrNowhere(t *testing.T) {
	for link, want := range map[string]string{
		"https://temporal.contoso.com/a?b=c": "https://temporal.contoso.com/a?b=c",
		"http://127.0.0.1:8233/x":            "http://127.0.0.1:8233/x",
		"javascript:alert(1)":                "",
		"ftp://contoso.com/x":                "",
		"https:///x":                         "",
		"https://ann:secret@contoso.com/":    "",
		"/namespaces/default":                "",
		"https://contoso.com/%zz":            "",
		"":                                   "",
	} {
		if got := safeLink(link); got != want {
			t.Errorf("%q: %q, want %q", link, got, want)
		}
	}
}

func TestAParagraphIsOneLineOfBoundedLength(t *testing.T) {
	exact := strings.Repeat("ü", maxParagraph)
	for text, want := range map[string]string{
		" a\r\n b\t c ": "a b c",
		"bad\xff bytes": "bad bytes",
		exact:           exact,
		exact + "ü":     exact[:len(exact)-len("ü")] + "…",
		"":              "",
	} {
		if got := cleanParagraph(text); got != want {
			t.Errorf("%.20q: %.20q, want %.20q", text, got, want)
		}
	}
}

func TestTextIsWrappedAtBlanks(t *testing.T) {
	word := strings.Repeat("w", 37)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                   {"", "  "},
		"a short line":              {"a  b", "  a b"},
		"a line that just fits":     {word + " " + word[:36], "  " + word + " " + word[:36]},
		"a line that does not fit":  {word + " " + word, "  " + word + "\n  " + word},
		"a word longer than a line": {"a " + word + word + word + " b", "  a\n  " + word + word + word + "\n  b"},
		"letters of two bytes":      {strings.Repeat("ü", 37) + " " + strings.Repeat("ü", 36), "  " + strings.Repeat("ü", 37) + " " + strings.Repeat("ü", 36)},
	} {
		if got := wrapText("  ", c.text); got != c.want {
			t.Errorf("%s: got\n%q, want\n%q", name, got, c.want)
		}
	}
}

func TestAnErrorSaysWhatFailedWhatWasAnsweredAndWhatToDo(t *testing.T) {
	for want, e := range map[string]*Error{
		"email: connect to x":                                 {Channel: Email, Op: "connect to x"},
		"webhook: post the notice: answered 500":              {Channel: Webhook, Op: "post the notice", Status: 500},
		"email: send: no route (check SMTP_HOST)":             {Channel: Email, Op: "send", Err: errorText("no route"), Hint: "check SMTP_HOST"},
		"ping: report the completed session: answered 404: x": {Channel: Ping, Op: "report the completed session", Status: 404, Err: errorText("x")},
		"ping: reach (do)":                                    {Channel: Ping, Op: "reach", Err: errorText(""), Hint: "do"},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
}

type errorText string

func (e errorText) Error() string { return string(e) }
