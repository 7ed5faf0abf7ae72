package saved

import (
	"strconv"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// DashboardApps is how many apps' users a dashboard reads where it is not said: half a
// minute at 20 requests a second.
const DashboardApps = 500

// Dashboard is what a dashboard shows, as the flags of its command say it.
type Dashboard struct {
	CreatedBy string // whose records; as in query.AppsOptions
	Apps      int    // how many apps' users are read, the most used first; 0: all
	Live      bool   // tags and risk scores are read from Defender
}

func dashboardKeys() []key[Dashboard] {
	return []key[Dashboard]{
		{"created-by", text, func(d *Dashboard, s string, _ int) { d.CreatedBy = s }},
		{"apps", whole, func(d *Dashboard, _ string, n int) { d.Apps = n }},
		{"live", flag, func(d *Dashboard, s string, _ int) { d.Live = s == yes }},
	}
}

// IsDashboard reports whether a report is the dashboard, which has a page and no rows.
func IsDashboard(r contract.Report) bool { return r.Question == contract.QuestionDashboard }

// DashboardOf reads what a dashboard is to show.
func DashboardOf(r contract.Report) (Dashboard, error) {
	d, err := fillOptions(r.Filters, dashboardKeys())
	if err != nil {
		return Dashboard{}, err
	}
	if _, given := r.Filters["apps"]; !given {
		d.Apps = DashboardApps
	}
	if d.Apps < 0 {
		return Dashboard{}, &query.OptionError{Option: "apps", Value: strconv.Itoa(d.Apps), Problem: "use 1 or more, or 0 for all apps"}
	}
	return d, nil
}

// checkDashboard finds what is wrong with a dashboard's filters, and what a page does
// not have.
func checkDashboard(r contract.Report) (wrong query.OptionErrors) {
	if _, err := DashboardOf(r); err != nil {
		wrong = optionErrors(err)
	}
	if len(r.Columns) > 0 {
		wrong = append(wrong, &query.OptionError{Option: "columns", Problem: "the dashboard has no columns to choose"})
	}
	if r.Format != "" && r.Format != string(sheet.Table) {
		wrong = append(wrong, &query.OptionError{Option: "format", Value: r.Format, Problem: "the dashboard is a page and has no other format"})
	}
	return wrong
}
