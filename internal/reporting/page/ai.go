package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// aiPanel is the apps of AI that are in use, with which of them are new and which nobody
// allowed.
func (p page) aiPanel() panel {
	out := panel{ID: string(AIApps), Title: "AI in use", Wide: true}
	all := sortApps(p.AI, func(a App) int { return a.Active })
	if len(all) == 0 {
		out.Missing = "No app of a category of AI is in use."
		return out
	}
	out.Lead = p.describeAI(all)
	c := chart{ID: "ai-in-use", Title: "By app", Kind: "rows", Unit: "users", Sets: []set{{Label: "active users"}}}
	top, _ := cutList(all, maxFlagged, 0, "", "")
	for _, a := range top {
		c.Labels = append(c.Labels, cleanName(a.Name))
		c.Sets[0].Values = append(c.Sets[0].Values, a.Active)
		c.Sets[0].Tones = append(c.Sets[0].Tones, toneOfTag(a.Tag))
	}
	for _, l := range []legend{{"good", "sanctioned"}, {"bad", "unsanctioned"}, {"active", "another tag or none"}} {
		if slices.Contains(c.Sets[0].Tones, l.Tone) {
			out.Legend = append(out.Legend, l)
		}
	}
	if len(out.Legend) == 1 && out.Legend[0].Tone == "active" {
		out.Legend = nil // one colour, which says nothing
	}
	c.Text = fmt.Sprintf("A bar for each app of AI: its active users. The first is %s with %s.", cleanName(top[0].Name), formatCount(top[0].Active, "active user", "active users"))
	out.Charts = []chart{c, chartAIKinds(all)}
	out.Table = p.aiTable(out.Title, all[:min(len(all), maxListed)], 0)
	if len(all) > maxListed {
		out.More = p.aiTable("All AI in use", all, p.Totals.AI)
	}
	return out
}

// chartAIKinds is the active users by category, the greatest first.
func chartAIKinds(all []App) chart {
	users := map[string]int{}
	for _, a := range all {
		users[cleanName(a.Category)] += a.Active
	}
	kinds := slices.SortedFunc(maps.Keys(users), func(a, b string) int { return cmp.Or(users[b]-users[a], strings.Compare(a, b)) })
	c := chart{ID: "ai-kinds", Title: "By category", Kind: "rows", Unit: "users", Sets: []set{{Label: "active users", Tone: "active"}}}
	kinds, _ = cutList(kinds, maxFlagged, 0, "", "")
	for _, kind := range kinds {
		c.Labels, c.Sets[0].Values = append(c.Labels, kind), append(c.Sets[0].Values, users[kind])
	}
	c.Text = fmt.Sprintf("A bar for each category of AI: the active users of its apps. The first is %s with %s.", kinds[0], formatCount(users[kinds[0]], "active user", "active users"))
	return c
}

// describeAI counts the apps, and of them the new and the unsanctioned ones.
func (p page) describeAI(all []App) string {
	month := p.firstOf(p.Generated)
	fresh, unsanctioned := 0, 0
	for _, a := range all {
		if !a.Created.IsZero() && p.firstOf(a.Created) == month {
			fresh++
		}
		if isUnsanctioned(a.Tag) {
			unsanctioned++
		}
	}
	parts := []string{formatCount(max(p.Totals.AI, len(all)), "app", "apps") + " of generative AI, AI model providers, MCP servers and AI clients",
		formatNumber(fresh) + " new since " + month}
	if unsanctioned > 0 {
		parts = append(parts, formatNumber(unsanctioned)+" unsanctioned")
	}
	return strings.Join(parts, ", ")
}

func isUnsanctioned(tag string) bool { return strings.EqualFold(tag, "unsanctioned") }

// toneOfTag is the colour of a tag.
func toneOfTag(tag string) string {
	switch {
	case isUnsanctioned(tag):
		return "bad"
	case strings.EqualFold(tag, "sanctioned"):
		return "good"
	}
	return "active"
}

func (p page) aiTable(title string, apps []App, total int) *table {
	t := &table{Title: title, Columns: []column{{Label: "App"}, {Label: "Category", Minor: true}, {Label: "Tag"},
		{Label: "Since", Brief: true, Minor: true}, {Label: "Active users", Number: true}, {Label: "Inactive", Number: true, Minor: true}}}
	apps, t.Rest = cutList(apps, maxUnfolded, total, "app", "apps")
	for _, a := range apps {
		tag, since := "–", "–"
		if a.Tag != "" {
			tag = cleanName(a.Tag)
		}
		if !a.Created.IsZero() {
			since = p.formatDay(a.Created)
		}
		t.Rows = append(t.Rows, appRow(a, cleanName(a.Category), tag, since, formatNumber(a.Active), formatNumber(a.Inactive)))
	}
	return t
}
