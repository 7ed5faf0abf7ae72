package notify

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"text/template"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

//go:embed templates
var templates embed.FS

// subjectMark begins every subject, so that a mail rule can sort by it.
const subjectMark = "[defendersync] "

// FormatSubject is a notice's subject: one line, whatever the headline holds.
func FormatSubject(n contract.Notice) string {
	return httpx.Clip(subjectMark + n.Integration + ": " + headlineOf(n))
}

// FormatSummary is a notice on one line, with its link, for channels that show a
// line. Angle brackets are replaced: chats give them a meaning.
func FormatSummary(n contract.Notice) string {
	s := FormatSubject(n)
	if todo := httpx.Clip(n.Todo); todo != "" {
		s += " · " + todo
	}
	if link := safeLink(n.Link); link != "" {
		s += " · " + link
	}
	return strings.NewReplacer("<", "‹", ">", "›").Replace(s)
}

// RenderText is a notice as plain text; to is the contact that it goes to.
func RenderText(n contract.Notice, to string) (string, error) {
	t, err := template.New("notice.txt").Funcs(template.FuncMap{"wrap": wrapText}).ParseFS(templates, "templates/notice.txt")
	if err != nil {
		return "", fmt.Errorf("read the notice's text template: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, newView(n, to)); err != nil {
		return "", fmt.Errorf("word the notice: %w", err)
	}
	return b.String(), nil
}

// RenderHTML is a notice as a page for mail clients; to is the contact that it goes
// to.
func RenderHTML(n contract.Notice, to string) (string, error) {
	t, err := htmltemplate.ParseFS(templates, "templates/notice.html")
	if err != nil {
		return "", fmt.Errorf("read the notice's HTML template: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, newView(n, to)); err != nil {
		return "", fmt.Errorf("word the notice: %w", err)
	}
	return b.String(), nil
}

// view is what both templates show.
type view struct {
	Subject, Title, Headline, Integration string

	Colours  colours
	Facts    []fact
	Cause    string
	Todo     string
	Progress *progress
	Errors   []saas.ReasonCount
	Link     string
	Footer   string
}

// fact is a line of a notice's table.
type fact struct{ Label, Value string }

// progress is what was carried over, as a table.
type progress struct {
	Where string // "carrying over users, app 12 of about 200"
	Rows  []countRow
	Notes []string
}

// countRow is what happened to so many apps, users of apps and people.
type countRow struct{ Name, Apps, Users, People string }

// colours are those of a kind, on light and on dark ground. Each is readable
// with the text that stands on or beside it.
type colours struct{ Bar, Word, DarkWord string }

func coloursOf(k contract.NoticeKind) colours {
	switch {
	case k.Good():
		return colours{"#2e7d4f", "#1d6b3d", "#7fd6a0"}
	case k == contract.NoticeFailed:
		return colours{"#c0392b", "#a52a1e", "#ff9c8f"}
	}
	return colours{"#c77d0a", "#8a5600", "#f5c069"}
}

func newView(n contract.Notice, to string) view {
	v := view{
		Subject: FormatSubject(n), Title: n.Kind.Title(), Headline: headlineOf(n), Integration: httpx.Clip(n.Integration),
		Colours: coloursOf(n.Kind), Cause: cleanParagraph(n.Cause), Todo: cleanParagraph(n.Todo),
		Link: safeLink(n.Link), Footer: formatFooter(n, to),
	}
	v.addFact("Integration", v.Integration)
	if !n.Since.IsZero() {
		v.addFact(sinceLabel(n.Kind), formatTime(n.Since)+formatAge(n.Since, n.At))
	}
	if !n.At.IsZero() {
		v.addFact("This notice", formatTime(n.At))
	}
	v.addFact("Session", httpx.Clip(n.Session))
	for i, e := range n.Errors {
		if i == maxErrors {
			break
		}
		v.Errors = append(v.Errors, saas.ReasonCount{Reason: httpx.Clip(e.Reason), Count: e.Count})
	}
	if n.Progress != nil {
		v.Progress = newProgress(*n.Progress)
	}
	return v
}

// formatFooter says why somebody gets the mail, and how not to.
func formatFooter(n contract.Notice, to string) string {
	return fmt.Sprintf("defendersync sent this to %s as a contact of %s (setting INTEGRATION_CONTACTS). Answers are not read.",
		httpx.Clip(to), httpx.Clip(n.Integration))
}

// maxErrors bounds the reasons that a notice lists.
const maxErrors = 5

func (v *view) addFact(label, value string) {
	if value != "" {
		v.Facts = append(v.Facts, fact{label, value})
	}
}

// headlineOf is what happened, on one line.
func headlineOf(n contract.Notice) string {
	if h := httpx.Clip(n.Headline); h != "" {
		return h
	}
	return n.Kind.Title()
}

func sinceLabel(k contract.NoticeKind) string {
	switch k {
	case contract.NoticeFailed, contract.NoticeStalled, contract.NoticeStuck:
		return "Session began"
	case contract.NoticeMissed:
		return "Was due"
	}
	return "Since"
}

func newProgress(p contract.NoticeProgress) *progress {
	a, u, c := p.Counts.Apps, p.Counts.Users, p.Counts.People
	out := &progress{Where: formatPosition(p), Rows: []countRow{
		{"seen", formatNumber(a.Seen), formatNumber(u.Seen), ""},
		{"added", formatNumber(a.Created), formatNumber(u.Added), formatNumber(c.Created)},
		{"updated", formatNumber(a.Updated), formatNumber(u.Updated), ""},
		{"unchanged", formatNumber(a.Unchanged + a.Adopted), formatNumber(u.Unchanged + u.Repeated), ""},
		{"skipped", "", formatNumber(u.Skipped), ""},
		{"rejected", formatNumber(a.Rejected), formatNumber(u.Rejected), formatNumber(c.Rejected)},
	}}
	if !p.Moved.IsZero() {
		out.Notes = append(out.Notes, "It last got further at "+formatTime(p.Moved)+".")
	}
	if !p.Ends.IsZero() {
		out.Notes = append(out.Notes, "At this pace it ends at about "+formatTime(p.Ends)+".")
	}
	return out
}

// formatPosition says how far a session had got.
func formatPosition(p contract.NoticeProgress) string {
	s := httpx.Clip(p.Phase)
	if p.AppsRead == 0 && p.AppsKnown == 0 {
		return s
	}
	apps := fmt.Sprintf("app %d", p.AppsRead)
	if p.AppsKnown > 0 {
		apps += fmt.Sprintf(" of about %d", max(p.AppsKnown, p.AppsRead))
	}
	if s == "" {
		return apps
	}
	return s + ", " + apps
}

func formatNumber(n int) string { return fmt.Sprint(n) }

// formatTime is a time for people.
func formatTime(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006, 15:04 UTC") }

// formatAge is how long before the notice something was: " (24 h 5 min before)".
func formatAge(since, at time.Time) string {
	d := at.Sub(since).Truncate(time.Minute)
	if at.IsZero() || d < time.Minute {
		return ""
	}
	return " (" + formatSpan(d) + " before)"
}

// formatSpan is a duration for people, in two units at most.
func formatSpan(d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case hours >= 48:
		return fmt.Sprintf("%d days %d h", hours/24, hours%24)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// maxParagraph bounds a cause and what to do, in characters.
const maxParagraph = 1000

// cleanParagraph is text on one line, of a bounded length.
func cleanParagraph(s string) string {
	fields := strings.Fields(strings.ToValidUTF8(s, ""))
	runes := []rune(strings.Join(fields, " "))
	if len(runes) > maxParagraph {
		return string(runes[:maxParagraph-1]) + "…"
	}
	return string(runes)
}

// safeLink is a link that leads to a page; "" of anything else.
func safeLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// wrapText breaks a paragraph into lines of at most 76 characters, words longer
// than that aside, each with an indent.
func wrapText(indent, s string) string {
	const width = 76
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(s) {
		if line != indent && len([]rune(line))+1+len([]rune(word)) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return b.String() + line
}
