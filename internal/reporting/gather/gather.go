// Package gather reads the data of the dashboard from the tenants, for package page:
// from Oomnitza, and from Defender if asked. It does not read sessions.
//
// Its memory is bounded: it holds the list of apps, some 31,000 in a large tenant,
// and a count and a few names for each person who uses an app. Users of apps are
// counted as they are read.
package gather

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
)

// Options say what is gathered. The zero value is a whole picture of the apps
// of the integration user, without what only Defender knows.
type Options struct {
	Integration string
	CreatedBy   string         // whose records; as in query.AppsOptions
	Apps        int            // how many apps' users are read, the most used first; 0: all
	Live        bool           // read tags and risk scores live from Defender
	Zone        *time.Location // of months, days and times; nil: UTC
}

// ReadData reads all of a dashboard's data but the sessions, which only Temporal
// knows. It costs a request to Oomnitza for each hundred apps and one or two
// for each app whose users are read; live, one to Defender for each hundred
// apps of each stream.
func ReadData(ctx context.Context, s query.Source, o Options) (page.Data, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	now := time.Now()
	if s.Now != nil {
		now = s.Now()
	}
	apps, others, err := readRecords(ctx, s, o)
	if err != nil {
		return page.Data{}, err
	}
	d := page.Data{Integration: o.Integration, Generated: now.UTC().Truncate(time.Second), Zone: o.Zone,
		Notes: map[page.Panel]string{}, Missing: map[page.Panel]string{}}
	d.Totals.Apps = len(apps)
	read := apps
	if o.Apps > 0 && len(read) > o.Apps {
		read = read[:o.Apps]
	}
	c := newCounter(s, d.Generated)
	lost := 0
	for got, err := range s.UsersOf(ctx, read) {
		if err != nil {
			return page.Data{}, err
		}
		if got.Lost {
			lost++
			continue
		}
		c.addApp(got)
	}
	c.fillCounts(&d, apps, len(read))
	if lost > 0 {
		for _, p := range []page.Panel{page.Activity, page.Seats, page.Chase} {
			d.Notes[p] = strings.TrimSpace(fmt.Sprintf("%s The users of %d apps could not be read and are missing.", d.Notes[p], lost))
		}
	}
	if d.Totals.Active > 0 {
		d.Notes[page.MostUsed] = "Counted now, by each user's last activity. The field Total Active Users of a record is as of the last session."
	}
	fillNew(&d, apps, c)
	fillTags(&d, apps, others, c, o.Live)
	fillAI(&d, apps, others, c, o.Live)
	fillSuffixes(&d, apps, c, o.Live)
	d.Scope = describeScope(s.Policy, o, len(apps), len(read))
	return d, nil
}

// readRecords reads the apps of the page, the most used first, and those of others
// that the panels of unsanctioned apps and of AI have besides: whether one is in use
// does not depend on who made its record.
func readRecords(ctx context.Context, s query.Source, o Options) (apps, others []query.App, err error) {
	all, err := s.ReadApps(ctx, query.AppsOptions{CreatedBy: o.CreatedBy, WithRisk: o.Live, WithOthers: true, ActiveFrom: query.FromRecord})
	if err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		switch {
		case !a.Other:
			apps = append(apps, a)
		case a.AI, strings.EqualFold(a.Tag, "unsanctioned"):
			others = append(others, a)
		}
	}
	if err := s.CountActive(ctx, others); err != nil {
		return nil, nil, err
	}
	if o.Apps > 0 && len(apps) > o.Apps { // else all are counted as their users are read
		if err := s.CountActive(ctx, apps); err != nil {
			return nil, nil, err
		}
		slices.SortStableFunc(apps, func(a, b query.App) int { return b.ActiveUsers - a.ActiveUsers })
	}
	return apps, others, nil
}

// describeScope says what was asked.
func describeScope(p saas.Policy, o Options, apps, read int) []page.Fact {
	creator := o.CreatedBy
	if creator == "" {
		creator = p.IntegrationUser
	}
	whose := "created by " + creator
	if creator == "" || creator == query.Anyone {
		whose = "created by anybody"
	}
	users := "of all apps"
	if read < apps {
		users = fmt.Sprintf("of the %d most used of %d apps", read, apps)
	}
	active := fmt.Sprintf("within %d days", p.Threshold("")/saas.Day)
	if len(p.AppThresholds) > 0 {
		active += ", or within the app's own threshold"
	}
	return []page.Fact{{Label: "Apps", Text: whose}, {Label: "Users", Text: users}, {Label: "Active", Text: active}}
}

// shownApp is an app as the page has it.
func (c *counter) shownApp(a query.App) page.App {
	out := page.App{Name: a.Name, Category: a.Category, Website: a.Host(), Tag: a.Tag, Risk: a.Risk, Created: a.Created, Active: a.ActiveUsers,
		InDefender: c.links.LinkInDefender(a), Record: c.links.LinkRecord(a.ID)}
	if n, ok := c.apps[a.ID]; ok {
		// Where no last activity is kept, the record's own number is what tells.
		if out.Active, out.Inactive, out.Unread = n.active, n.inactive, n.unknown; n.active+n.inactive == 0 {
			out.Active = min(a.ActiveUsers, n.unknown) // 0 of a record that no session keeps
			out.Unread = n.unknown - out.Active
		}
	}
	return out
}
