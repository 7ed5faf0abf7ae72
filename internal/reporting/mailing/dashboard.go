package mailing

import (
	"context"
	"path/filepath"
	"strconv"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/gather"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// makeDashboard writes the dashboard into a file in folder.
func (m Mailer) makeDashboard(ctx context.Context, job Job, source query.Source, t *Tracker, folder string) (made, error) {
	asked, err := saved.DashboardOf(job.Report)
	if err != nil {
		return made{}, err
	}
	zone := job.zone()
	t.showDoing("reading the dashboard's apps and users")
	d, err := gather.ReadData(ctx, source, gather.Options{Integration: job.Integration, CreatedBy: asked.CreatedBy, Apps: asked.Apps, Live: asked.Live, Zone: zone})
	if err != nil {
		return made{}, err
	}
	if err := m.addSessions(ctx, &d); err != nil {
		return made{}, err
	}
	out := made{
		file: filepath.Join(folder, job.Report.Name+".html"), zone: zone,
		heading: sheet.Sheet{Title: job.Report.Title, About: []sheet.Fact{{Name: "Saved as", Value: job.Report.Name}},
			Columns: []sheet.Column{{Title: "At a glance"}, {Kind: sheet.Number}}},
		lead: "The attached page is the dashboard. Save it and open it in a browser; it needs no network.",
	}
	if out.heading.Title == "" {
		out.heading.Title = "Dashboard of " + job.Integration
	}
	out.subject = out.heading.Title + ", " + d.Generated.In(zone).Format("2 Jan 2006")
	for _, f := range d.Scope {
		out.heading.About = append(out.heading.About, sheet.Fact{Name: f.Label, Value: f.Text})
	}
	out.heading.About = append(out.heading.About, sheet.Fact{Name: "As of", Value: sheet.FormatCell(d.Generated, sheet.Time, zone)})
	out.first = glance(d, asked.Live)
	out.rows = len(out.first)
	into, err := sheet.CreateFile(out.file)
	if err != nil {
		return made{}, err
	}
	defer into.Discard()
	if err := page.Render(into, d); err != nil {
		return made{}, err
	}
	return out, into.Commit()
}

// addSessions adds the past sessions. The page is useful without them.
func (m Mailer) addSessions(ctx context.Context, d *page.Data) error {
	if m.Sessions == nil {
		d.Missing[page.Sessions] = "The sessions were not asked for."
		return nil
	}
	list, note, err := m.Sessions(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		d.Missing[page.Sessions] = "Temporal is not available: " + err.Error()
	case note != "":
		d.Notes[page.Sessions] = note
	}
	d.Sessions = list
	return nil
}

// glance is what the mail itself says of the dashboard.
func glance(d page.Data, live bool) []sheet.Row {
	total := d.Totals
	rows := []sheet.Row{
		{"Apps", group(total.Apps)},
		{"People who use them", group(total.People)},
		{"Of these people, active in an app", group(total.ActivePeople)},
		{"Apps new this month", group(total.NewApps)},
		{"People with apps that they no longer use", group(total.Unused)},
	}
	if live {
		rows = append(rows, sheet.Row{"Unsanctioned apps in use", group(total.Unsanctioned)}, sheet.Row{"AI apps in use", group(total.AI)})
	}
	if last, ok := d.LastSession(); ok {
		rows = append(rows, sheet.Row{"Last session, " + moment.FormatPage(last.Began, d.Zone), last.Outcome})
	}
	return rows
}

// group writes a number with separators: 1,200.
func group(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
