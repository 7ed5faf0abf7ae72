package page

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"
)

// Overview is all integrations of a Temporal namespace, as one page shows them. Times are
// shown in Zone.
type Overview struct {
	Namespace    string
	Generated    time.Time
	Zone         *time.Location // nil: UTC
	Integrations []Integration  // in any order
	Missing      string         // why integrations may be missing; "": none is
}

// Integration is how one integration is. Texts are shown as they are; "" is shown as a dash.
type Integration struct {
	Name     string
	State    State
	LastGood time.Time // when the last session that completed ended; zero: not known
	Next     time.Time // the next start; zero: none, or Paused says why
	Paused   string    // "paused until …"; "": it is not
	Running  string    // how far the session is that runs
	Notices  string    // that need somebody
	Worker   string    // when one last asked for work
	Version  string    // that new work goes to
	Remarks  []Remark
}

// Remark is one thing that is wrong with an integration, or that is worth knowing.
type Remark struct {
	State State
	Text  string
}

// State is how well something is, in the words of monitoring plug-ins.
type State string

// The states, from good to bad. Unknown is worse than a warning, and not as bad as what is
// known to be critical.
const (
	StateOK       State = "OK"
	StateWarning  State = "WARNING"
	StateUnknown  State = "UNKNOWN"
	StateCritical State = "CRITICAL"
)

// allStates are the states, from bad to good.
var allStates = []State{StateCritical, StateUnknown, StateWarning, StateOK}

// Tone is the colour of the state.
func (s State) Tone() string {
	switch s {
	case StateOK:
		return "good"
	case StateWarning:
		return "warn"
	case StateCritical:
		return "bad"
	}
	return "ended"
}

// Word is the state as the page writes it.
func (s State) Word() string {
	switch s {
	case StateOK:
		return "OK"
	case StateWarning:
		return "Warning"
	case StateCritical:
		return "Critical"
	}
	return "Unknown"
}

// overviewContent is what the template of the overview shows.
type overviewContent struct {
	Policy                  string
	Style                   template.CSS
	Title                   string
	Generated, GeneratedISO string
	Missing                 string
	Figures                 []figure
	Columns                 []string
	Rows                    []overviewRow
	Remarks                 []overviewRemark
}

// overviewRow is an integration in the table: the cells after its name and its state.
type overviewRow struct {
	Name  string
	State State
	Cells []string
}

type overviewRemark struct {
	Name string
	Remark
}

// RenderOverview writes the page of all integrations, the worst first. It is the same for
// the same overview.
func RenderOverview(w io.Writer, o Overview) error {
	style, err := readAsset("page.css")
	if err != nil {
		return err
	}
	source, err := readAsset("overview.html")
	if err != nil {
		return err
	}
	t, err := template.New("overview").Parse(source)
	if err != nil {
		return fmt.Errorf("read the overview's template: %w", err)
	}
	v := o.makeContent()
	v.Style, v.Policy = template.CSS(style), "default-src 'none'; style-src "+hashSource(style)+"; img-src data:; base-uri 'none'; form-action 'none'"
	var b bytes.Buffer // so that a failure leaves no half of a page
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("make the overview: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

func (o Overview) makeContent() overviewContent {
	p := page{zone: o.Zone}
	if p.zone == nil {
		p.zone = time.UTC
	}
	v := overviewContent{
		Title: cleanName(o.Namespace), Generated: p.formatMoment(o.Generated),
		GeneratedISO: o.Generated.UTC().Format(time.RFC3339), Missing: cleanSentence(o.Missing), Figures: o.makeFigures(),
		Columns: []string{"Last good session", "Next start", "Running", "Notices", "Worker polled"},
	}
	list := slices.Clone(o.Integrations)
	slices.SortStableFunc(list, func(a, b Integration) int {
		return cmp.Or(slices.Index(allStates, a.State)-slices.Index(allStates, b.State), cmp.Compare(a.Name, b.Name))
	})
	versioned := slices.ContainsFunc(list, func(i Integration) bool { return i.Version != "" })
	if versioned {
		v.Columns = append(v.Columns, "Version")
	}
	for _, i := range list {
		next := p.formatMoment(i.Next)
		if i.Paused != "" {
			next = i.Paused
		}
		row := overviewRow{Name: cleanName(i.Name), State: i.State}
		for _, text := range []string{p.formatMoment(i.LastGood), next, i.Running, i.Notices, i.Worker, i.Version}[:len(v.Columns)] {
			row.Cells = append(row.Cells, cmp.Or(cleanName(text), notRead))
		}
		v.Rows = append(v.Rows, row)
		for _, r := range i.Remarks {
			v.Remarks = append(v.Remarks, overviewRemark{row.Name, Remark{r.State, cleanSentence(r.Text)}})
		}
	}
	slices.SortStableFunc(v.Remarks, func(a, b overviewRemark) int {
		return slices.Index(allStates, a.State) - slices.Index(allStates, b.State)
	})
	return v
}

// makeFigures are the numbers at the head: all integrations, those of each state, and the
// sessions that run.
func (o Overview) makeFigures() []figure {
	out := []figure{{Label: "Integrations", Value: formatNumber(len(o.Integrations)), Detail: "of namespace " + cleanName(o.Namespace)}}
	details := map[State]string{
		StateCritical: "sessions fail or were missed", StateUnknown: "not all can be read", StateWarning: "need somebody", StateOK: "as they should be",
	}
	for _, s := range allStates {
		n := 0
		for _, i := range o.Integrations {
			if i.State == s {
				n++
			}
		}
		f := figure{Label: s.Word(), Value: formatNumber(n), Detail: details[s]}
		if n > 0 {
			f.Tone = s.Tone()
		}
		out = append(out, f)
	}
	running := 0
	for _, i := range o.Integrations {
		if i.Running != "" {
			running++
		}
	}
	return append(out, figure{Label: "Running", Value: formatNumber(running), Detail: "integrations with a session"})
}
