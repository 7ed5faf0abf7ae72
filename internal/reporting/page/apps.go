package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sortApps is a list by a number, the greatest first, then by name.
func sortApps(list []App, by func(App) int) []App {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b App) int { return cmp.Or(by(b)-by(a), strings.Compare(a.Name, b.Name)) })
	return list
}

var activeLegend = []legend{{"active", "active"}, {"idle", "inactive"}}

func (p page) mostUsedPanel() panel {
	out := panel{ID: string(MostUsed), Title: "Most used apps"}
	all := sortApps(p.Apps, func(a App) int { return a.Active })
	if len(all) == 0 {
		out.Missing = "There are no apps yet."
		return out
	}
	out.Lead = "By active users. Beside each bar: active users of all users"
	c := chart{ID: "most-used", Kind: "rows", Unit: "users"}
	top, _ := cutList(all, maxBars, 0, "", "")
	unread := 0
	active, idle, open := set{Label: "active", Tone: "active"}, set{Label: "inactive", Tone: "idle"}, set{Label: "activity unknown", Tone: "open"}
	for _, a := range top {
		c.Labels = append(c.Labels, cleanName(a.Name))
		active.Values, idle.Values, open.Values = append(active.Values, a.Active), append(idle.Values, a.Inactive), append(open.Values, a.Unread)
		unread += a.Unread
	}
	c.Sets, out.Legend = []set{active, idle}, slices.Clone(activeLegend)
	if unread > 0 {
		c.Sets, out.Legend = append(c.Sets, open), append(out.Legend, legend{"open", "activity unknown"})
	}
	c.Text = fmt.Sprintf("A bar for each app: its active and inactive users. The first is %s with %s.", cleanName(top[0].Name), formatCount(top[0].Active, "active user", "active users"))
	out.Charts = []chart{c}
	out.More = appTable("The most used apps", all, p.Totals.Apps)
	return out
}

// appTable lists apps with all that is known of them.
func appTable(title string, apps []App, total int) *table {
	t := &table{Title: title, Columns: []column{{Label: "App"}, {Label: "Category", Minor: true}, {Label: "Website", Minor: true},
		{Label: "Active", Number: true}, {Label: "Inactive", Number: true}}}
	apps, t.Rest = cutList(apps, maxUnfolded, total, "app", "apps")
	unread := slices.ContainsFunc(apps, func(a App) bool { return a.Unread > 0 })
	if unread {
		t.Columns = append(t.Columns, column{Label: "Unknown", Number: true})
	}
	for _, a := range apps {
		row := appRow(a, cleanName(a.Category), cleanName(a.Website), formatNumber(a.Active), formatNumber(a.Inactive))
		if unread {
			row = append(row, cell{{Text: formatNumber(a.Unread)}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (p page) newAppsPanel() panel {
	out := panel{ID: string(NewApps), Title: "New apps this month"}
	months := slices.Clone(p.NewByMonth)
	slices.SortStableFunc(months, func(a, b Month) int { return a.Month.Compare(b.Month) })
	months = months[max(0, len(months)-maxMonths):]
	out.Lead = formatCount(p.Totals.NewApps, "record", "records") + " created since " + p.firstOf(p.Generated)
	if len(months) > 1 {
		c := chart{ID: "new-by-month", Title: "New apps by month", Kind: "columns", Unit: "apps", Sets: []set{{Label: "New apps", Tone: "active"}}}
		for _, m := range months {
			c.Labels = append(c.Labels, m.Month.In(p.zone).Format("Jan 2006"))
			c.Sets[0].Values = append(c.Sets[0].Values, m.Apps)
		}
		c.Text = "A column for each month: apps whose records were created then, " + formatNumber(p.Totals.NewApps) + " in the last."
		out.Charts = []chart{c}
	}
	if len(months) == 1 && months[0].Apps == p.Totals.Apps {
		out.Lead = "All records were created this month, so there are no earlier months to compare with"
	}
	shown := maxListed
	if len(out.Charts) == 0 {
		shown = maxAlone
	}
	apps := slices.Clone(p.NewApps)
	slices.SortStableFunc(apps, func(a, b App) int {
		return cmp.Or(b.Active-a.Active, b.Created.Compare(a.Created), strings.Compare(a.Name, b.Name))
	})
	switch {
	case len(apps) > 0:
		out.Table = p.newTable(out.Title, apps[:min(len(apps), shown)], 0)
		if len(apps) > shown {
			out.More = p.newTable("All new apps", apps, p.Totals.NewApps)
		}
	case len(out.Charts) == 0:
		out.Missing = "There are no new apps this month."
	}
	return out
}

func (p page) newTable(title string, apps []App, total int) *table {
	t := &table{Title: title, Columns: []column{{Label: "App"}, {Label: "Category", Minor: true}, {Label: "Since", Brief: true}, {Label: "Active users", Number: true}}}
	apps, t.Rest = cutList(apps, maxUnfolded, total, "app", "apps")
	for _, a := range apps {
		t.Rows = append(t.Rows, appRow(a, cleanName(a.Category), p.formatTime(a.Created, "2 Jan"), formatNumber(a.Active)))
	}
	return t
}

func (p page) unsanctionedPanel() panel {
	out := panel{ID: string(Unsanctioned), Title: "Unsanctioned apps in use"}
	all := sortApps(p.Unsanctioned, func(a App) int { return a.Active })
	if len(all) == 0 {
		out.Missing = "No app tagged as unsanctioned is in use."
		return out
	}
	out.Lead = formatCount(max(p.Totals.Unsanctioned, len(all)), "app", "apps") + " tagged as unsanctioned in Defender, by active users"
	c := chart{ID: "unsanctioned", Kind: "rows", Unit: "users", Sets: []set{{Label: "active", Tone: "bad"}}}
	top, _ := cutList(all, maxFlagged, 0, "", "")
	for _, a := range top {
		c.Labels = append(c.Labels, cleanName(a.Name))
		c.Sets[0].Values = append(c.Sets[0].Values, a.Active)
	}
	c.Text = fmt.Sprintf("A bar for each app: its active users. The first is %s with %s.", cleanName(top[0].Name), formatCount(top[0].Active, "active user", "active users"))
	out.Charts = []chart{c}
	out.Table = unsanctionedTable(out.Title, all[:min(len(all), maxListed)], 0)
	if len(all) > maxListed {
		out.More = unsanctionedTable("All unsanctioned apps in use", all, p.Totals.Unsanctioned)
	}
	return out
}

func unsanctionedTable(title string, apps []App, total int) *table {
	t := &table{Title: title, Columns: []column{{Label: "App"}, {Label: "Category"}, {Label: "Website", Minor: true},
		{Label: "Risk score", Number: true}, {Label: "Active users", Number: true, Minor: true}}}
	apps, t.Rest = cutList(apps, maxUnfolded, total, "app", "apps")
	for _, a := range apps {
		t.Rows = append(t.Rows, appRow(a, cleanName(a.Category), cleanName(a.Website), formatRisk(a.Risk), formatNumber(a.Active)))
	}
	return t
}

func formatRisk(score float64) string {
	if score == 0 {
		return "–"
	}
	return fmt.Sprintf("%g", score)
}

func (p page) websitesPanel() panel {
	out := panel{ID: string(Websites), Title: "Websites by country suffix"}
	all := slices.Clone(p.Suffixes)
	slices.SortStableFunc(all, func(a, b Suffix) int {
		return cmp.Or(b.Active-a.Active, b.Apps-a.Apps, strings.Compare(a.Suffix, b.Suffix))
	})
	if len(all) == 0 {
		out.Missing = "No app has a website under a country domain."
		return out
	}
	out.Lead = "By active users of the apps. A country domain says where a name is registered, not where the company is."
	c := chart{ID: "websites", Kind: "rows", Unit: "users", Sets: []set{{Label: "active", Tone: "active"}}}
	top, _ := cutList(all, maxBars, 0, "", "")
	for _, s := range top {
		c.Labels = append(c.Labels, suffixLabel(s))
		c.Sets[0].Values = append(c.Sets[0].Values, s.Active)
	}
	c.Text = fmt.Sprintf("A bar for each country domain: the active users of its apps. The first is %s with %s.", suffixLabel(top[0]), formatCount(top[0].Active, "active user", "active users"))
	out.Charts = []chart{c}
	out.More = &table{Title: "Websites by country suffix", Columns: []column{{Label: "Suffix"}, {Label: "Country"}, {Label: "Apps", Number: true}, {Label: "Active users", Number: true}}}
	all, out.More.Rest = cutList(all, maxUnfolded, 0, "suffix", "suffixes")
	for _, s := range all {
		out.More.Rows = append(out.More.Rows, plainCells(cleanName(s.Suffix), cleanName(s.Country), formatNumber(s.Apps), formatNumber(s.Active)))
	}
	return out
}

func suffixLabel(s Suffix) string {
	if s.Country == "" {
		return cleanName(s.Suffix)
	}
	return cleanName(s.Suffix) + " " + cleanName(s.Country)
}

// firstOf is the first day of a time's month, where it is shown.
func (p page) firstOf(t time.Time) string { return "1 " + t.In(p.zone).Format("January 2006") }
