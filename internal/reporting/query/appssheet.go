package query

import (
	"context"
	"fmt"

	"defendersync/internal/reporting/sheet"
)

// Answer answers as a sheet and rows.
func (o AppsOptions) Answer(ctx context.Context, s Source) (sheet.Sheet, Rows, error) {
	p, err := o.makePlan(s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	columns := appColumns(p.AppsOptions)
	return sheetOf("Apps", columns, s.aboutFacts(p.listFacts()...)), rowsOf(columns, func() ([]App, error) { return s.readApps(ctx, p) }), nil
}

// listFacts say what was asked.
func (p appsPlan) listFacts() []sheet.Fact {
	creator := p.createdBy
	if creator == "" {
		creator = "anybody"
	}
	facts := []sheet.Fact{{Name: "Created by", Value: creator}}
	add := func(name, value string, asked bool) {
		if asked {
			facts = append(facts, sheet.Fact{Name: name, Value: value})
		}
	}
	add("Total active users", fmt.Sprintf("at least %d", p.MinActiveUsers), p.MinActiveUsers > 0)
	add("Category", p.Category, p.Category != "")
	add("Website contains", p.WebsiteContains, p.WebsiteContains != "")
	add("Website ends in", p.Suffix, p.Suffix != "")
	add("Tag", "Sanctioned", p.Sanctioned)
	add("Tag", "Unsanctioned", p.Unsanctioned)
	add(FactOrder, p.Sort, p.Sort != "")
	add(FactRows, fmt.Sprintf("the first %d", p.Top), p.Top > 0)
	add(FactMeaning, p.ActiveFrom.describeSource(p.policy), true)
	add(FactLive, "all domains of the apps, searched besides Website", p.searchesDomains())
	add(FactLive, "risk score, tag and last seen; Oomnitza has no fields for them", p.WithRisk)
	return facts
}

// sitesNamed bounds the domains of an app that a cell names: some have hundreds.
const sitesNamed = 20

func someOf(sites []string) string {
	return joinSome(sites[:min(len(sites), sitesNamed)], len(sites))
}

// Columns are those of the answer.
func (o AppsOptions) Columns() []sheet.Column { return sheetColumns(appColumns(o.withImplied())) }

func appColumns(o AppsOptions) []column[App] {
	columns := []column[App]{
		{"name", "Name", sheet.Text, 40, func(a App) any { return a.Name }},
		{"category", "Category", sheet.Text, 28, func(a App) any { return a.Category }},
		{"website", "Website", sheet.Link, 32, func(a App) any { return a.Website }},
	}
	if o.searchesDomains() {
		columns = append(columns, column[App]{"domains", "Domains that match", sheet.Text, 32, func(a App) any { return someOf(a.Sites) }})
	}
	if o.WithRisk {
		columns = append(columns,
			column[App]{"risk", "Risk score", sheet.Number, 0, func(a App) any { return nilIfZero(a.Risk) }},
			column[App]{"tag", "Tag", sheet.Text, 14, func(a App) any { return a.Tag }},
			column[App]{"lastSeen", "Last seen by Defender", sheet.Time, 0, func(a App) any { return a.LastSeen }})
	}
	columns = append(columns,
		column[App]{"createdBy", "Created by", sheet.Text, 28, func(a App) any { return a.CreatedBy }},
		column[App]{"activeUsers", "Total active users", sheet.Number, 0, func(a App) any { return a.activeCell() }})
	if o.WithUsers {
		columns = append(columns,
			column[App]{"users", "Users", sheet.Number, 0, func(a App) any { return a.Users }},
			column[App]{"lastActivity", "Last activity", sheet.Time, 0, func(a App) any { return a.LastActivity }})
	}
	return columns
}

// activeCell is the number of active users; nothing where nobody knows of any.
func (a App) activeCell() any {
	if a.Unknown && a.ActiveUsers == 0 {
		return nil
	}
	return a.ActiveUsers
}

// nilIfZero leaves a cell empty where 0 stands for not known.
func nilIfZero[N int | float64](n N) any {
	if n == 0 {
		return nil
	}
	return n
}
