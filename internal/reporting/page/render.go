package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// Render writes the page. It is the same for the same data.
func Render(w io.Writer, d Data) error {
	p := newPage(d)
	return p.render(w, content{
		Kind: "SaaS dashboard", Heading: "SaaS apps in use", Command: "defendersync report dashboard", NamesPeople: true,
		Intro:   "Apps that Microsoft Defender for Cloud Apps has discovered, as recorded in Oomnitza by integration",
		Figures: p.makeFigures(), Panels: p.makePanels(),
	})
}

// RenderSessions writes the page of the sessions alone: of Data, it shows what the
// sessions need.
func RenderSessions(w io.Writer, d Data) error {
	p := newPage(d)
	return p.render(w, content{
		Kind: "Sync sessions", Heading: "Sync sessions", Command: "defendersync sessions list", NamesPeople: true,
		Intro:   "Sessions that carried apps and their users from Microsoft Defender for Cloud Apps to Oomnitza, of integration",
		Figures: p.listFigures(), Panels: p.listPanels(),
	})
}

func newPage(d Data) page {
	p := page{Data: d, zone: d.Zone}
	if p.zone == nil {
		p.zone = time.UTC
	}
	return p
}

// render writes a page of the figures and panels of v.
func (p page) render(w io.Writer, v content) error {
	v, err := p.fillContent(v)
	if err != nil {
		return err
	}
	source, err := readAsset("page.html")
	if err != nil {
		return err
	}
	t, err := template.New("page").Parse(source)
	if err != nil {
		return fmt.Errorf("read the dashboard's template: %w", err)
	}
	// Into memory first, so that a failure leaves no half of a page; it is
	// bounded, as everything shown is.
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("make the dashboard: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// content is what the template shows.
type content struct {
	Policy        string
	Style         template.CSS
	Library, Code template.JS
	Licence       string
	Charts        template.JS
	Kind          string // of page
	Heading       string
	Intro         string // ends in the integration's name
	Command       string // that made it
	NamesPeople   bool
	Links         bool   // there are some
	Title         string // the integration's name
	Generated     string
	GeneratedISO  string
	Facts         []Fact
	Figures       []figure
	Panels        []panel
}

// fillContent adds what every page has: its code, and when and of what it was made.
func (p page) fillContent(v content) (content, error) {
	var read failing
	library := read.readAsset("chart.umd.min.js")
	// The map is not shipped, so the page must not ask for it.
	library, _, _ = strings.Cut(library, "//# sourceMappingURL=")
	code, style := read.readAsset("page.js"), read.readAsset("page.css")
	licence := read.readAsset("LICENSE.chartjs.txt")
	if read.err != nil {
		return content{}, read.err
	}
	v.Style, v.Library, v.Code, v.Licence = template.CSS(style), template.JS(library), template.JS(code), licence
	v.Title, v.GeneratedISO = cleanName(p.Integration), p.Generated.UTC().Format(time.RFC3339)
	v.Generated = p.formatMoment(p.Generated)
	for _, f := range p.Scope {
		v.Facts = append(v.Facts, Fact{cleanName(f.Label), cleanName(f.Text)})
	}
	var charts []chart
	for _, panel := range v.Panels {
		charts = append(charts, panel.Charts...)
		v.Links = v.Links || panel.Table.hasLinks() || panel.More.hasLinks()
	}
	// encoding/json writes <, > and & as \u003c and so on, so no name in it can
	// end the element that it stands in.
	specs, err := json.Marshal(charts)
	if err != nil {
		return content{}, fmt.Errorf("write the dashboard's charts: %w", err)
	}
	v.Charts = template.JS(specs)
	v.Policy = makePolicy(style, library, code)
	return v, nil
}

// makePolicy allows the page its own style and its two scripts, by their hashes,
// and nothing else: no request, no form, no frame, no other code.
func makePolicy(style string, scripts ...string) string {
	var allowed []string
	for _, s := range scripts {
		allowed = append(allowed, hashSource(s))
	}
	return "default-src 'none'; script-src " + strings.Join(allowed, " ") + "; style-src " + hashSource(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

func hashSource(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func readAsset(name string) (string, error) {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return "", fmt.Errorf("read the dashboard's parts: %w", err)
	}
	return string(b), nil
}

// failing reads parts until one fails.
type failing struct{ err error }

func (f *failing) readAsset(name string) string {
	s, err := readAsset(name)
	if err != nil && f.err == nil {
		f.err = err
	}
	return s
}
