package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// nobody is said where there is no user to tell of.
const nobody = "There are no users of apps yet."

func (p page) activityPanel() panel {
	out := panel{ID: string(Activity), Title: "Active and inactive users"}
	t := p.Totals
	whole := t.Active + t.Inactive + t.Unknown
	if whole == 0 {
		out.Missing = nobody
		return out
	}
	out.Lead = fmt.Sprintf("%s of %s are active (%s). A user counts once for each app", formatNumber(t.Active), formatCount(whole, "user", "users"), formatPercent(t.Active, whole))
	out.Legend = slices.Clone(activeLegend)
	c := chart{ID: "activity", Title: "By last activity", Kind: "columns", Unit: "users",
		Sets: []set{{Label: "active", Tone: "active"}, {Label: "inactive", Tone: "idle"}},
		Text: fmt.Sprintf("Columns by last activity: %s active and %s inactive users of apps.", formatNumber(t.Active), formatNumber(t.Inactive))}
	out.More = &table{Title: "Users of apps by last activity", Columns: []column{{Label: "Last active"}, {Label: "Active", Number: true}, {Label: "Inactive", Number: true}}}
	for _, a := range p.Ages {
		c.Labels = append(c.Labels, cleanName(a.Label))
		c.Sets[0].Values, c.Sets[1].Values = append(c.Sets[0].Values, a.Active), append(c.Sets[1].Values, a.Inactive)
		out.More.Rows = append(out.More.Rows, plainCells(cleanName(a.Label), formatNumber(a.Active), formatNumber(a.Inactive)))
	}
	if t.Unknown > 0 {
		out.More.Rest = "and " + formatCount(t.Unknown, "user", "users") + " without a last activity"
	}
	out.Charts = []chart{c}
	return out
}

// seatsPanel is the apps with the most users who no longer use them.
func (p page) seatsPanel() panel {
	out := panel{ID: string(Seats), Title: "Apps with unused accounts"}
	idle := slices.DeleteFunc(sortApps(p.Apps, func(a App) int { return a.Inactive }), func(a App) bool { return a.Inactive == 0 })
	switch {
	case len(idle) == 0 && p.Totals.Active+p.Totals.Inactive == 0:
		out.Missing = nobody
		return out
	case len(idle) == 0:
		out.Missing = "All users were active within the threshold of their app."
		return out
	}
	out.Lead = "By users without activity within the app's threshold"
	c := chart{ID: "unused-seats", Kind: "rows", Unit: "users", Sets: []set{{Label: "inactive", Tone: "idle"}}}
	top, _ := cutList(idle, maxBars, 0, "", "")
	for _, a := range top {
		c.Labels = append(c.Labels, cleanName(a.Name))
		c.Sets[0].Values = append(c.Sets[0].Values, a.Inactive)
	}
	c.Text = fmt.Sprintf("A bar for each app: its inactive users. The first is %s with %s.", cleanName(top[0].Name), formatCount(top[0].Inactive, "inactive user", "inactive users"))
	out.Charts = []chart{c}
	out.More = appTable("Apps with unused accounts", idle, 0)
	return out
}

func (p page) chasePanel() panel {
	out := panel{ID: string(Chase), Title: "People to chase for unused apps", Wide: true}
	all := slices.Clone(p.Unused)
	slices.SortStableFunc(all, func(a, b Person) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Username, b.Username)) })
	switch {
	case len(all) == 0 && p.Totals.Active+p.Totals.Inactive == 0:
		out.Missing = nobody
		return out
	case len(all) == 0:
		out.Missing = "Nobody has unused apps."
		return out
	}
	out.Lead = formatCount(max(p.Totals.Unused, len(all)), "person has an app", "people have an app") + " not used within its threshold"
	out.Table = &table{Title: out.Title, Stacked: true, Columns: []column{{Label: "Person"}, {Label: "Unused", Number: true}, {Label: "Apps, longest unused first"}}}
	all, out.Table.Rest = cutList(all, maxPeople, p.Totals.Unused, "person", "people")
	for _, who := range all {
		out.Table.Rows = append(out.Table.Rows, []cell{linkName(personLabel(who), "", who.Record), {{Text: formatNumber(who.Count)}}, p.unusedApps(who)})
	}
	return out
}

func personLabel(p Person) string {
	name, user := cleanName(p.Name), cleanName(p.Username)
	if name == "" || name == user {
		return user
	}
	return name + " (" + user + ")"
}

// maxNamed bounds the apps that are named of one person.
const maxNamed = 3

// unusedApps names a few of somebody's apps with the day of the last activity.
func (p page) unusedApps(who Person) (out cell) {
	apps := slices.Clone(who.Apps)
	slices.SortStableFunc(apps, func(a, b Unused) int { return cmp.Or(a.Last.Compare(b.Last), strings.Compare(a.App, b.App)) })
	shown := apps[:min(len(apps), maxNamed)]
	for _, a := range shown {
		when := "never"
		if !a.Last.IsZero() {
			when = p.formatDay(a.Last)
		}
		out = append(out, linkName(cleanName(a.App), a.InDefender, a.Record)[0], span{Text: " (" + when + "), "})
	}
	if more := who.Count - len(shown); more > 0 {
		return append(out, span{Text: formatNumber(more) + " more"})
	}
	if last := len(out) - 1; last >= 0 {
		out[last].Text = strings.TrimSuffix(out[last].Text, ", ")
	}
	return out
}
