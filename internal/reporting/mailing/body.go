package mailing

import (
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// Bounds of the table in a mail: what fits a reading pane, and a phone when it is
// scrolled.
const (
	bodyRows    = 20
	bodyColumns = 7
	bodyCell    = 80 // characters
)

// preview keeps the first rows of a report for the mail's body.
type preview struct {
	rows []sheet.Row
}

// keepFirst passes rows on and keeps copies of the first ones.
func (p *preview) keepFirst(rows saved.Rows) saved.Rows {
	p.rows = nil // of an answer that was interrupted
	return func(yield func(sheet.Row, error) bool) {
		for row, err := range rows {
			if err == nil && len(p.rows) < bodyRows {
				p.rows = append(p.rows, slices.Clone(row))
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// body is what the HTML part shows.
type body struct {
	Title   string
	Lead    string
	Links   []bodyValue // to what all rows are about
	Columns []bodyColumn
	Rows    [][]bodyValue
	Rest    string
	Facts   []sheet.Fact
	Notes   []string
	Footer  string
}

type bodyColumn struct {
	Title string
	Right bool // a number
	Minor bool // left out on a phone
}

type bodyValue struct {
	Text  string
	Link  string // "": none
	Right bool
	Whole bool // on one line
	Minor bool
}

//go:embed templates
var templates embed.FS

// renderBody writes the HTML part of a mail. Every text in it is escaped.
func renderBody(b body) (string, error) {
	t, err := template.ParseFS(templates, "templates/report.html")
	if err != nil {
		return "", fmt.Errorf("read the report mail's template: %w", err)
	}
	var out strings.Builder
	if err := t.Execute(&out, b); err != nil {
		return "", fmt.Errorf("write the report's mail: %w", err)
	}
	return out.String(), nil
}

// newBody is the body of a report: its first rows, and what is to be known about them.
func newBody(job Job, m made) body {
	b := body{
		Title: m.heading.Title, Lead: leadOf(m), Facts: m.heading.About, Notes: m.notes, Footer: footerOf(job),
	}
	t := layOut(m.heading.Columns, m.first)
	b.Links = t.links
	for i, at := range t.shown {
		c := t.columns[at]
		b.Columns = append(b.Columns, bodyColumn{sheet.FormatCell(c.Title, sheet.Text, nil), c.Kind == sheet.Number, t.isMinor(i)})
	}
	for _, row := range m.first {
		var cells []bodyValue
		for i, at := range t.shown {
			cell := newValue(row[at], t.columns[at].Kind, m.zone)
			if page := t.findPage(t.columns[at].Key); page >= 0 && cell.Text != "" {
				cell.Link = addressOf(row[page])
			}
			cell.Minor = t.isMinor(i)
			cells = append(cells, cell)
		}
		b.Rows = append(b.Rows, cells)
	}
	if len(m.first) > 0 {
		b.Rest = restOf(m, len(t.shown))
	}
	return b
}

// leadOf says what is attached.
func leadOf(m made) string {
	switch {
	case m.lead != "":
		return m.lead
	case m.rows == 0:
		return "No rows match. The attached workbook shows what was asked."
	}
	return fmt.Sprintf("The attached workbook has %s.", sheet.FormatCount(m.rows))
}

// restOf says what of the report the table does not show; "" when it shows all.
func restOf(m made, columns int) string {
	var parts []string
	if len(m.first) < m.rows {
		parts = append(parts, fmt.Sprintf("%d of %s", len(m.first), sheet.FormatCount(m.rows)))
	}
	all := len(m.heading.Columns)
	for _, c := range m.heading.Columns {
		if c.Hidden || c.Blank && !m.heading.Chosen {
			all-- // the attachment leaves it out, too
		}
	}
	if columns < all {
		parts = append(parts, fmt.Sprintf("%d of %d columns", columns, all))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + "; the rest is in the attachment."
}

// newValue writes a cell. An address is a link where it is one of a web page.
func newValue(v any, k sheet.Kind, zone *time.Location) bodyValue {
	out := bodyValue{Text: cutCell(sheet.FormatCell(v, k, zone)), Right: k == sheet.Number, Whole: k == sheet.Number || k == sheet.Time || k == sheet.Date}
	if k == sheet.Page || k == sheet.Link {
		out.Link = addressOf(v)
	}
	if k == sheet.Page {
		out.Text = ""
		if out.Link != "" {
			out.Text = "open"
		}
	}
	return out
}

func cutCell(s string) string {
	if r := []rune(s); len(r) > bodyCell {
		return string(r[:bodyCell-1]) + "…"
	}
	return s
}

// addressOf returns a value that is the address of a web page, else "".
func addressOf(v any) string {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
