package page

import (
	"net/url"
	"slices"
	"time"
)

// page is a Data being laid out.
type page struct {
	Data
	zone *time.Location
}

// figure is one number at the head of the page.
type figure struct{ Label, Value, Detail, Tone string }

// Words reports whether the value is words, which take more room.
func (f figure) Words() bool { return len(f.Value) > 10 }

// panel is one part of the page. What its charts show its tables show as text.
type panel struct {
	ID, Title, Lead string
	Note, Missing   string
	Wide            bool
	Legend          []legend
	Charts          []chart
	Table           *table // shown at once
	More            *table // unfolded on demand
}

// legend says what a colour stands for.
type legend struct{ Tone, Text string }

// chart is what the page's code is told to draw. Colours go by name, as they
// differ in the dark.
type chart struct {
	ID     string   `json:"id"`
	Title  string   `json:"-"`
	Text   string   `json:"-"`    // what it shows, for those who can't see it
	Kind   string   `json:"kind"` // rows: bars from the left, one below the other; columns
	Labels []string `json:"labels"`
	Ticks  []string `json:"ticks,omitempty"` // the labels in short, for the axis
	Sets   []set    `json:"sets"`            // stacked on one another
	Unit   string   `json:"unit"`            // "users"; "seconds" are written as durations
}

// set is one series of a chart.
type set struct {
	Label  string   `json:"label"`
	Tone   string   `json:"tone,omitempty"`
	Tones  []string `json:"tones,omitempty"` // one a value, where they differ
	Values []int    `json:"values"`
}

// table is text in columns.
type table struct {
	Title   string
	Columns []column
	Rows    [][]cell
	Stacked bool   // on a phone its cells stand below one another
	Rest    string // what is not in it: "and 12 more apps"
}

// cell is the text of a cell, in parts of which some are links.
type cell []span

type span struct {
	Text  string
	Link  string // "": none
	Title string // what a link leads to
	Extra bool   // the link stands for what the text before it is about; nothing is lost without it
}

// plainCells are cells without links.
func plainCells(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i] = cell{{Text: text}}
	}
	return cells
}

// Where links lead to.
const (
	titleDefender = "Look it up in Defender's cloud app catalog"
	titleOomnitza = "Open the record in Oomnitza"
)

// hasLinks reports whether a cell of a table leads somewhere. There need be no table.
func (t *table) hasLinks() bool {
	return t != nil && slices.ContainsFunc(t.Rows, func(row []cell) bool {
		return slices.ContainsFunc(row, func(c cell) bool { return slices.ContainsFunc(c, func(s span) bool { return s.Link != "" }) })
	})
}

// linkName is a name that leads to its page in Defender, with a link to its record behind
// it; or to the record, where that is all there is.
func linkName(name, inDefender, record string) cell {
	inDefender, record = checkAddress(inDefender), checkAddress(record)
	switch {
	case inDefender == "" && record == "":
		return cell{{Text: name}}
	case inDefender == "":
		return cell{{Text: name, Link: record, Title: titleOomnitza}}
	case record == "":
		return cell{{Text: name, Link: inDefender, Title: titleDefender}}
	}
	return cell{{Text: name, Link: inDefender, Title: titleDefender}, {Text: "record", Link: record, Title: titleOomnitza, Extra: true}}
}

// appRow is a row of a table that begins with the app's name.
func appRow(a App, texts ...string) []cell {
	return append([]cell{linkName(cleanName(a.Name), a.InDefender, a.Record)}, plainCells(texts...)...)
}

// checkAddress returns an address that leads to a web page, else "".
func checkAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// column is one of a table; a minor one is left out on a phone, a brief one
// stays on one line.
type column struct {
	Label                string
	Number, Minor, Brief bool
}

// The page shows the head of each list only, so that it stays a page.
const (
	maxBars     = 12  // of a chart with names
	maxFlagged  = 8   // bars above a table
	maxAlone    = 12  // rows shown at once where there is no chart
	maxListed   = 5   // rows shown at once
	maxUnfolded = 100 // rows unfolded
	maxPeople   = 25
	maxSessions = 60
	maxMonths   = 12
)

// makePanels lays out the page, in its order.
func (p page) makePanels() []panel {
	out := []panel{
		p.sessionsPanel(), p.mostUsedPanel(), p.activityPanel(), p.newAppsPanel(),
		p.unsanctionedPanel(), p.aiPanel(), p.websitesPanel(), p.seatsPanel(), p.chasePanel(),
	}
	for i := range out {
		id := Panel(out[i].ID)
		out[i].Note = cleanSentence(p.Notes[id])
		why, missing := p.Missing[id]
		if !missing {
			continue
		}
		out[i] = panel{ID: out[i].ID, Title: out[i].Title, Wide: out[i].Wide, Note: out[i].Note, Missing: cleanSentence(why)}
	}
	return out
}

// cutList cuts a list, and says what it left out: "and 12 more apps".
func cutList[T any](list []T, limit, total int, one, many string) ([]T, string) {
	shown := list[:min(len(list), limit)]
	if more := max(total, len(list)) - len(shown); more > 0 {
		return shown, "and " + formatCount(more, "more "+one, "more "+many)
	}
	return shown, ""
}
