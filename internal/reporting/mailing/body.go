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
}

type bodyValue struct {
	Text  string
	Link  string // "": none
	Right bool
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
	all := m.heading.Columns
	shown := chooseColumns(all)
	for _, at := range shown {
		b.Columns = append(b.Columns, bodyColumn{sheet.FormatCell(all[at].Title, sheet.Text, nil), all[at].Kind == sheet.Number})
	}
	for _, row := range m.first {
		var cells []bodyValue
		for _, at := range shown {
			cell := newValue(row[at], all[at].Kind, m.zone)
			if page := findPage(all, all[at].Key); page >= 0 && cell.Text != "" {
				cell.Link = addressOf(row[page])
			}
			cells = append(cells, cell)
		}
		b.Rows = append(b.Rows, cells)
	}
	if len(m.first) > 0 {
		b.Rest = restOf(m, len(shown))
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
		if c.Blank && !m.heading.Chosen {
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

// chooseColumns returns the places of the columns in the table: those that tables have,
// less those that may be left out first, and one of links where no column in the table
// has what they lead to.
func chooseColumns(columns []sheet.Column) []int {
	var shown, pages []int
	for i, c := range columns {
		switch c.Kind {
		case sheet.Page:
			if !c.Blank && !slices.ContainsFunc(columns, func(of sheet.Column) bool { return c.Of != "" && of.Key == c.Of }) {
				pages = append(pages, i)
			}
		case sheet.ID:
		default:
			shown = append(shown, i)
		}
	}
	pages = pages[:min(len(pages), 1)]
	for len(shown)+len(pages) > bodyColumns {
		out := len(shown) - 1
		for i := len(shown) - 1; i > 0; i-- {
			if columns[shown[i]].Rank > columns[shown[out]].Rank {
				out = i
			}
		}
		shown = slices.Delete(shown, out, out+1)
	}
	return append(shown, pages...)
}

// findPage returns the place of the column with the pages about another one's values, the
// first of several; -1: there is none.
func findPage(columns []sheet.Column, key string) int {
	return slices.IndexFunc(columns, func(c sheet.Column) bool {
		return c.Kind == sheet.Page && c.Of != "" && c.Of == key && !c.Blank
	})
}

// newValue writes a cell. An address is a link where it is one of a web page.
func newValue(v any, k sheet.Kind, zone *time.Location) bodyValue {
	out := bodyValue{Text: cutCell(sheet.FormatCell(v, k, zone)), Right: k == sheet.Number}
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
