package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

const contact = "it-assets@contoso.com"

func render(t testing.TB, n contract.Notice) (text, html string) {
	t.Helper()
	text, err := RenderText(n, contact)
	if err != nil {
		t.Fatal(err)
	}
	if html, err = RenderHTML(n, contact); err != nil {
		t.Fatal(err)
	}
	return text, html
}

func TestAFailureTellsAllThatTheContactsNeed(t *testing.T) {
	text, html := render(t, failed())
	for _, want := range []string{
		"Session failed", "microsoft-defender", "Oomnitza refused the API token",
		"Session began", "Mon 23 Nov 2026, 02:55 UTC (24 h 5 min earlier)", "Tue 24 Nov 2026, 03:00 UTC",
		"session/microsoft-defender-2026-11-23T03:00:00Z", "Oomnitza answered 401", "Make a new token",
		"carrying over users, apps 122 of ~372", "11306", "8814", "1970", "Last progress: Tue 24 Nov 2026, 02:00 UTC",
		"Estimated end at this pace: Tue 24 Nov 2026, 17:00 UTC", "88 ×", "user row unreadable", "username is taken",
		"https://temporal.contoso.com/namespaces/default/workflows/session%2Fmicrosoft-defender-2026-11-23T03:00:00Z", contact,
	} {
		for part, got := range map[string]string{"text": text, "HTML": html} {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
				t.Errorf("the %s part lacks %q", part, want)
			}
		}
	}
	if want := "[defendersync] microsoft-defender: Oomnitza refused the API token"; FormatSubject(failed()) != want {
		t.Errorf("the subject is %q", FormatSubject(failed()))
	}
}

func TestTheTextPartIsAsAnOperatorReadsIt(t *testing.T) {
	text, _ := render(t, failed())
	want, err := os.ReadFile(filepath.Join("testdata", "failed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("got\n%s", text)
	}
	for line := range strings.Lines(text) {
		if len([]rune(line)) > 79 && !strings.Contains(line, "https://") {
			t.Errorf("a long line: %q", line)
		}
	}
}

func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	text, html := render(t, contract.Notice{Kind: contract.NoticeMissed, Integration: "x", Headline: "A session did not run"})
	for _, absent := range []string{"Due", "Detected", "Session  ", "Session<", "Why", "What to do", "Done so far", "Rejected", "Web UI", "0001", "ZgotmplZ", "<no value>"} {
		if strings.Contains(text, absent) || strings.Contains(html, ">"+absent) {
			t.Errorf("%q is there", absent)
		}
	}
}

func TestEachKindHasItsTitleAndColour(t *testing.T) {
	bars := map[string]string{"failed": "#c0392b", "stalled": "#c77d0a", "stuck": "#c77d0a", "missed": "#c77d0a", "recovered": "#2e7d4f", "test": "#2e7d4f"}
	for name, n := range samples() {
		text, html := render(t, n)
		if !strings.Contains(html, "background-color:"+bars[name]) || strings.Contains(html, "ZgotmplZ") {
			t.Errorf("%s: the bar is not %s", name, bars[name])
		}
		if !strings.HasPrefix(text, n.Kind.Title()+": ") || !strings.Contains(html, ">"+n.Kind.Title()+"</div>") {
			t.Errorf("%s is not titled %q", name, n.Kind.Title())
		}
	}
}

func TestHTMLNeedsNothingFromElsewhere(t *testing.T) {
	for name, n := range samples() {
		n.Link = ""
		_, html := render(t, n)
		for _, loads := range []string{"http:", "https:", "src=", "@import", "url(", "<script", "<link"} {
			if strings.Contains(html, loads) {
				t.Errorf("%s has %s", name, loads)
			}
		}
	}
}

func TestWhatOthersWroteStaysText(t *testing.T) {
	const evil = `</div><script>alert(1)</script><img src=x onerror=y>`
	n := failed()
	n.Headline, n.Cause, n.Todo, n.Session, n.Integration = evil, evil, evil, evil, evil
	n.Errors = []saas.ReasonCount{{Reason: evil, Count: 1}}
	n.Progress.Phase, n.Link = evil, "javascript:alert(1)"
	text, html := render(t, n)
	if strings.Contains(html, "<script") || strings.Contains(html, "<img") || strings.Contains(html, "javascript:") {
		t.Error("markup got through")
	}
	if !strings.Contains(html, "&lt;script&gt;alert(1)") || !strings.Contains(text, "<script>alert(1)</script>") {
		t.Error("the text was lost")
	}
	if strings.Contains(text, "javascript:") {
		t.Error("a link that is none is shown")
	}
}

func TestTheSubjectIsOneBoundedLine(t *testing.T) {
	for _, headline := range []string{"a\r\nBcc: x@y.example", "a\n\n<html>", strings.Repeat("long ", 500), "\x00\x1b[31m", "a\u2028b"} {
		n := contract.Notice{Kind: contract.NoticeFailed, Integration: "i", Headline: headline}
		got := FormatSubject(n)
		if strings.ContainsAny(got, "\r\n\x00\x1b\u2028") || len([]rune(got)) > 200 || !strings.HasPrefix(got, "[defendersync] i: ") {
			t.Errorf("%q became %q", headline, got)
		}
	}
}

func TestTheSummaryIsALineThatChatsTakeAsText(t *testing.T) {
	n := failed()
	n.Headline = "<!channel> & <https://evil.example|click>"
	want := "[defendersync] microsoft-defender: ‹!channel› & ‹https://evil.example|click› · " + n.Todo + " · " + n.Link
	if got := FormatSummary(n); got != want {
		t.Errorf("got %q", got)
	}
}

// TestPicture writes the HTML of each kind where NOTIFY_PICTURES says, for a
// look at it in a browser.
func TestPicture(t *testing.T) {
	folder := os.Getenv("NOTIFY_PICTURES")
	if folder == "" {
		t.Skip("set NOTIFY_PICTURES to a folder to have the pages written there")
	}
	for name, n := range samples() {
		_, html := render(t, n)
		if err := os.WriteFile(filepath.Join(folder, name+".html"), []byte(html), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzRendering(f *testing.F) {
	f.Add("failed", "<script>alert(1)</script>", "cause\r\nBcc: x", "https://a.example/?q=<b>", 3)
	f.Add("", "\xff\x00", "{{.}}", "javascript:1", -1)
	f.Fuzz(func(t *testing.T, kind, line, long, link string, count int) {
		n := contract.Notice{
			Kind: contract.NoticeKind(kind), Integration: line, Headline: line, Cause: long, Todo: long, Session: line, Link: link, At: three,
			Progress: &contract.NoticeProgress{Phase: line, AppsRead: count, AppsKnown: -count}, Errors: []saas.ReasonCount{{Reason: line, Count: count}},
		}
		_, html := render(t, n)
		if strings.Contains(html, "<script") || strings.Contains(html, "javascript:") && !strings.Contains(line+long+kind, "javascript:") {
			t.Errorf("markup got through:\n%s", html)
		}
		if s := FormatSubject(n) + FormatSummary(n); strings.ContainsAny(s, "\r\n") {
			t.Errorf("more than a line: %q", s)
		}
	})
}
