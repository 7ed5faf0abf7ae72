package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/sheet"
)

// Website is a domain that users reach, with the apps that stand behind it.
type Website struct {
	Host        string
	Apps        []App // the most used first
	ActiveUsers int   // of these apps together; who uses two of them counts twice
	mayBe       int   // further ones whose activity nobody knows
}

// WebsitesOptions say which websites are asked for. The zero value asks for
// those of all apps that the integration user has made, the most used first.
type WebsitesOptions struct {
	CreatedBy       string // as in AppsOptions
	Suffix          string // ends in one of these, by commas or blanks, at a dot
	WebsiteContains string // has one of these anywhere in it
	Domains         bool   // as in AppsOptions: a website is any domain of an app that is asked for
	ActiveFrom      ActiveFrom
	MinActiveUsers  int    // active users of at least this many
	Sort            string // keys of WebsiteSorts; "": active, then website
	Top             int    // the first so many only; 0: all
}

// WebsiteSorts are the keys that Sort takes, each with :asc or :desc.
func WebsiteSorts() string { return orderNames(websiteKeys()) }

func websiteKeys() []sortKey[Website] {
	return []sortKey[Website]{
		byText("website", func(w Website) string { return w.Host }),
		byText("suffix", func(w Website) string { return w.Suffix() }),
		byNumber("apps", func(w Website) int { return len(w.Apps) }),
		byNumber("active", func(w Website) int { return w.ActiveUsers }),
	}
}

// Suffix is the last label of the host, as a country has it: "cn".
func (w Website) Suffix() string { return w.Host[strings.LastIndexByte(w.Host, '.')+1:] }

// ReadWebsites reads the websites that are asked for, in their order. Apps
// without a website are left out.
func (s Source) ReadWebsites(ctx context.Context, o WebsitesOptions) ([]Website, error) {
	if err := checkOptions(o, s); err != nil {
		return nil, err
	}
	apps, err := s.ReadApps(ctx, o.appsOptions())
	if err != nil {
		return nil, err
	}
	var sites []Website
	at := map[string]int{}
	for _, a := range apps {
		for _, h := range a.reachedSites() {
			i, ok := at[h]
			if !ok {
				i = len(sites)
				at[h] = i
				sites = append(sites, Website{Host: h})
			}
			sites[i].Apps = append(sites[i].Apps, a)
			sites[i].ActiveUsers += a.ActiveUsers
			sites[i].mayBe += a.mayBe
		}
	}
	sites = slices.DeleteFunc(sites, func(w Website) bool { return w.ActiveUsers+w.mayBe < o.MinActiveUsers })
	order, _, _ := parseOrder(o.sortText(), websiteKeys())
	slices.SortStableFunc(sites, order)
	if o.Top > 0 && len(sites) > o.Top {
		sites = sites[:o.Top]
	}
	return sites, nil
}

// reachedSites are the websites that an app counts for: those that were asked for,
// else its own.
func (a App) reachedSites() []string {
	if len(a.Sites) > 0 {
		return a.Sites
	}
	if h := hostOf(a.Website); h != "" {
		return []string{h}
	}
	return nil
}

// Validate finds everything that is wrong with the options: OptionErrors, or
// nil.
func (o WebsitesOptions) Validate() error {
	_, _, wrong := parseOrder(o.sortText(), websiteKeys())
	if _, err := o.ActiveFrom.parseOption(); err != nil {
		wrong = append(wrong, err)
	}
	wrong.addIf(o.Top < 0, "top", fmt.Sprint(o.Top), "the number of rows is 1 or more")
	wrong.addIf(o.MinActiveUsers < 0, "min-active-users", fmt.Sprint(o.MinActiveUsers), "the number of users is 0 or more")
	return wrong.orNil()
}

// NeedsDefender is "": websites can be answered by Oomnitza alone.
func (o WebsitesOptions) NeedsDefender() string { return "" }

// ReadsDefender reports whether the answer takes requests to Defender, where
// there are settings for it.
func (o WebsitesOptions) ReadsDefender() bool { return o.appsOptions().ReadsDefender() }

// sortText is the order as it is parsed: websites that are equal go by host.
func (o WebsitesOptions) sortText() string { return cmp.Or(o.Sort, "active") + ",website" }

// appsOptions select the apps whose websites are asked for.
func (o WebsitesOptions) appsOptions() AppsOptions {
	return AppsOptions{CreatedBy: o.CreatedBy, WebsiteContains: o.WebsiteContains, Suffix: o.Suffix, Domains: o.Domains, ActiveFrom: o.ActiveFrom}
}

// Answer answers as a sheet and rows.
func (o WebsitesOptions) Answer(ctx context.Context, s Source) (sheet.Sheet, Rows, error) {
	if err := checkOptions(o, s); err != nil {
		return sheet.Sheet{}, nil, err
	}
	p, err := o.appsOptions().makePlan(s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	p.MinActiveUsers, p.Top, p.Sort = o.MinActiveUsers, o.Top, o.Sort // as the facts tell them
	facts := append(p.listFacts(), sheet.Fact{Name: FactMeaning, Value: "of a website: those of its apps together; who uses two of them counts twice"})
	columns := websiteColumns()
	return sheetOf("Websites", columns, s.aboutFacts(facts...)), rowsOf(columns, func() ([]Website, error) { return s.ReadWebsites(ctx, o) }), nil
}

// Columns are those of the answer.
func (o WebsitesOptions) Columns() []sheet.Column { return sheetColumns(websiteColumns()) }

func websiteColumns() []column[Website] {
	return []column[Website]{
		{"website", "Website", sheet.Link, 40, func(w Website) any { return w.Host }},
		{"apps", "Apps", sheet.Number, 0, func(w Website) any { return len(w.Apps) }},
		{"appNames", "Names of the apps", sheet.Text, 60, func(w Website) any { return w.appNames() }},
		{"activeUsers", "Active users", sheet.Number, 0, func(w Website) any { return w.activeCell() }},
		{"appsSince", "First recorded", sheet.Date, 0, func(w Website) any { return w.firstRecorded() }},
	}
}

// activeCell is the number of active users; nothing where it is not known at all.
func (w Website) activeCell() any {
	if w.mayBe > 0 && w.ActiveUsers == 0 {
		return nil
	}
	return w.ActiveUsers
}

func (w Website) appNames() string {
	names := make([]string, len(w.Apps))
	for i, a := range w.Apps {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// firstRecorded is when the first of the apps was recorded in Oomnitza.
func (w Website) firstRecorded() (first time.Time) {
	for _, a := range w.Apps {
		if !a.Created.IsZero() && (first.IsZero() || a.Created.Before(first)) {
			first = a.Created
		}
	}
	return first
}
