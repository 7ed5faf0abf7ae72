package notify

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

//go:embed templates
var templates embed.FS

// subjectMark begins every subject, so that mail rules can filter by it.
const subjectMark = "[defendersync] "

// FormatSubject returns the subject of a notice. It is one line, whatever the
// headline holds.
func FormatSubject(n contract.Notice) string {
	return httpx.Clip(subjectMark + n.Integration + ": " + headlineOf(n))
}

// FormatSummary returns a notice on one line, with what to do and the link, for
// channels that show a line of text. Angle brackets are replaced, since they have
// a meaning in chats.
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

// RenderText returns a notice as plain text for the contact to.
func RenderText(n contract.Notice, to string) (string, error) {
	t, err := template.New("notice.txt").Funcs(template.FuncMap{"wrap": wrapText}).ParseFS(templates, "templates/notice.txt")
	if err != nil {
		return "", fmt.Errorf("read the notice's text template: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, newView(n, to)); err != nil {
		return "", fmt.Errorf("write the notice: %w", err)
	}
	return b.String(), nil
}

// RenderHTML returns a notice as HTML for mail programs, for the contact to.
func RenderHTML(n contract.Notice, to string) (string, error) {
	t, err := htmltemplate.ParseFS(templates, "templates/notice.html")
	if err != nil {
		return "", fmt.Errorf("read the notice's HTML template: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, newView(n, to)); err != nil {
		return "", fmt.Errorf("write the notice: %w", err)
	}
	return b.String(), nil
}

// wrapText breaks a paragraph into indented lines of at most 76 characters. A
// longer word has a line of its own.
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
