package query

import (
	"context"
	"fmt"

	"defendersync/internal/reporting/sheet"
)

// Answer returns the answer as a sheet and rows.
func (o AppsOptions) Answer(ctx context.Context, s Source) (sheet.Sheet, Rows, error) {
	p, err := o.makePlan(s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	columns := appColumns(p.AppsOptions, s.Links)
	heading := sheetOf("Apps", columns, s.aboutFacts(p.listFacts()...))
	heading.Columns = s.Links.describePages(heading.Columns, "name")
	return heading, rowsOf(columns, func() ([]App, error) { return s.readApps(ctx, p) }), nil
}

// listFacts says what was asked.
func (p appsPlan) listFacts() []sheet.Fact {
	creator := p.createdBy
	if creator == "" {
		creator = "anybody"
	}
	facts := []sheet.Fact{filter("Created by", creator)}
	addIf := func(asked bool, f sheet.Fact) {
		if asked {
			facts = append(facts, f)
		}
	}
	addIf(p.MinActiveUsers > 0, filter("Total active users", fmt.Sprintf("at least %d", p.MinActiveUsers)))
	addIf(p.Category != "", filter("Category", p.Category))
	addIf(p.AI, filter("Category", "of AI"))
	addIf(p.WebsiteContains != "", filter("Website contains", p.WebsiteContains))
	addIf(p.Suffix != "", filter("Website ends in", p.Suffix))
	addIf(p.Sanctioned, filter("Tag", "Sanctioned"))
	addIf(p.Unsanctioned, filter("Tag", "Unsanctioned"))
	addIf(p.Sort != "", sheet.Fact{Name: "Sorted by", Value: p.Sort})
	addIf(p.Top > 0, sheet.Fact{Name: "Limit", Value: fmt.Sprintf("the first %d rows", p.Top)})
	addIf(true, sheet.Fact{Name: factActive, Value: p.ActiveFrom.describeSource(p.policy)})
	addIf(p.searchesDomains(), sheet.Fact{Name: "Domains", Value: "all that Defender knows, live, besides the field Website"})
	addIf(p.WithRisk, sheet.Fact{Name: factLive, Value: "risk score, tag and last seen, for which Oomnitza has no fields"})
	return facts
}

// sitesNamed bounds the domains of an app in a cell: some apps have hundreds.
const maxSites = 20

func joinSites(sites []string) string {
	return joinSome(sites[:min(len(sites), maxSites)], len(sites))
}

// Columns returns the columns of the answer.
func (o AppsOptions) Columns() []sheet.Column {
	return Links{}.describePages(sheetColumns(appColumns(o.withImplied(), Links{})), "name")
}

func appColumns(o AppsOptions, links Links) []column[App] {
	columns := []column[App]{
		{"name", "Name", sheet.Text, 40, func(a App) any { return a.Name }},
		{"category", "Category", sheet.Text, 28, func(a App) any { return a.Category }},
		{"website", "Website", sheet.Link, 32, func(a App) any { return a.Website }},
	}
	if o.searchesDomains() {
		columns = append(columns, column[App]{"domains", "Matching domains", sheet.Text, 32, func(a App) any { return joinSites(a.Sites) }})
	}
	if o.WithRisk {
		columns = append(columns,
			column[App]{"risk", "Risk score", sheet.Number, 0, func(a App) any { return nilIfZero(a.Risk) }},
			column[App]{"tag", "Tag", sheet.Text, 14, func(a App) any { return a.Tag }},
			column[App]{"lastSeen", "Last seen by Defender", sheet.Time, 0, func(a App) any { return a.LastSeen }})
	}
	if o.AI {
		columns = append(columns, column[App]{"created", "First recorded", sheet.Time, 0, func(a App) any { return a.Created }})
	}
	columns = append(columns,
		column[App]{"createdBy", "Created by", sheet.Text, 28, func(a App) any { return a.CreatedBy }},
		column[App]{"activeUsers", "Total active users", sheet.Number, 0, func(a App) any { return a.activeCell() }})
	if o.WithUsers {
		columns = append(columns,
			column[App]{"users", "Users", sheet.Number, 0, func(a App) any { return a.Users }},
			column[App]{"lastActivity", "Last activity", sheet.Time, 0, func(a App) any { return a.LastActivity }})
	}
	return append(columns, []column[App]{
		{"appId", "App id", sheet.ID, 0, func(a App) any { return a.ID }},
		{"defenderAppId", "Defender's app id", sheet.ID, 0, func(a App) any { return a.DefenderID }},
		{"defenderPage", "App in Defender", sheet.Page, 60, func(a App) any { return links.LinkInDefender(a) }},
		{"appPage", "App in Oomnitza", sheet.Page, 60, func(a App) any { return links.LinkRecord(a.ID) }},
	}...)
}

// activeCell returns the number of active users; nil where 0 may be wrong.
func (a App) activeCell() any {
	if a.Unknown && a.ActiveUsers == 0 {
		return nil
	}
	return a.ActiveUsers
}

// nilIfZero makes an empty cell of 0 where it stands for unknown.
func nilIfZero[N int | float64](n N) any {
	if n == 0 {
		return nil
	}
	return n
}
