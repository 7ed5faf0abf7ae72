// Package reasons reads docs/reasons.md, in which every reason for which a row
// is rejected or skipped, and every note of a session, is explained. Tests go by
// it: a text that an operator may meet and that has no row there is a fault.
package reasons

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Kind is what a text is about.
type Kind string

// The kinds of texts, as the second column of the tables has them.
const (
	Rejected Kind = "rejected" // a row that could not be read or written
	Skipped  Kind = "skipped"  // a row that is left out by rule
	Noted    Kind = "note"     // what was found out about a tenant, or is in doubt
)

// Gap stands in a text for what differs from case to case: a name, a number.
const Gap = "…"

// Row explains one text.
type Row struct {
	Says    string
	Kind    Kind
	Means   string
	Todo    string
	pattern *regexp.Regexp
}

// Rows is the whole document.
type Rows []Row

// Load reads the document, from wherever in the module the test runs.
func Load() (Rows, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "reasons.md"))
	if err != nil {
		return nil, err
	}
	return parse(string(text))
}

// Root finds the module's folder above the one the test runs in.
func Root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, found := os.Stat(filepath.Join(dir, "go.mod")); found == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// parse reads the rows of all tables.
func parse(text string) (Rows, error) {
	var rows Rows
	for i, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| what it says ") {
			continue
		}
		row, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("docs/reasons.md, line %d: %w", i+1, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// parseRow reads one row. A bar within a cell is written \|, and code marks
// don't count.
func parseRow(line string) (Row, error) {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, bar)
	cells := strings.Split(strings.Trim(line, "|"), "|")
	if len(cells) != 4 {
		return Row{}, fmt.Errorf("%d cells in place of 4", len(cells))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], bar, "|"))
	}
	row := Row{Says: strings.ReplaceAll(cells[0], "`", ""), Kind: Kind(cells[1]), Means: cells[2], Todo: cells[3]}
	switch {
	case row.Kind != Rejected && row.Kind != Skipped && row.Kind != Noted:
		return row, fmt.Errorf("kind %q: use %s, %s or %s", row.Kind, Rejected, Skipped, Noted)
	case row.Means == "" || row.Todo == "":
		return row, errors.New("a cell is empty: say what it means, and what to do")
	case strings.Trim(row.Says, Gap+" ,.:;") == "":
		return row, errors.New("the first cell fits every text")
	}
	parts := strings.Split(row.Says, Gap)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	row.pattern = regexp.MustCompile(`(?s)^` + strings.Join(parts, `.*`) + `$`)
	return row, nil
}

// Find finds the row of a text, whatever stands in the row's gaps.
func (rows Rows) Find(kind Kind, text string) (Row, bool) {
	for _, row := range rows {
		if row.Kind == kind && row.pattern.MatchString(text) {
			return row, true
		}
	}
	return Row{}, false
}
