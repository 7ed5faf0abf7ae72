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

// Website is a domain that users visit, with its apps.
type Website struct {
	Host        string
	Apps        []App // the most used first
	ActiveUsers int   // the sum over the apps; a person who uses two of them counts twice
	mayBe       int   // more users, whose activity is unknown
}

// WebsitesOptions say which websites are asked for. The zero value asks for those
// of all apps created by the integration user, the most used first.
type WebsitesOptions struct {
	CreatedBy       string // as in AppsOptions
	Suffix          string // ends in one of these, separated by commas or blanks, at a dot
	WebsiteContains string // contains one of these
	Domains         bool   // as in AppsOptions: a website is any matching domain of an app
	ActiveFrom      ActiveFrom
	MinActiveUsers  int    // at least this many active users
	Sort            string // keys of WebsiteSorts; "": active, then website
	Top             int    // only the first rows; 0: all
}

// WebsiteSorts lists the keys for Sort; each may have :asc or :desc.
func WebsiteSorts() string { return orderNames(websiteKeys()) }

func websiteKeys() []sortKey[Website] {
	return []sortKey[Website]{
		byText("website", func(w Website) string { return w.Host }),
		byText("suffix", func(w Website) string { return w.Suffix() }),
		byNumber("apps", func(w Website) int { return len(w.Apps) }),
		byNumber("active", func(w Website) int { return w.ActiveUsers }),
	}
}

// Suffix returns the last label of the host, such as a country's: "cn".
func (w Website) Suffix() string { return w.Host[strings.LastIndexByte(w.Host, '.')+1:] }

// ReadWebsites reads the websites that are asked for, sorted. Apps of which no website
// is known are left out.
func (s Source) ReadWebsites(ctx context.Context, o WebsitesOptions) ([]Website, error) {
	if err := checkOptions(o, s); err != nil {
		return nil, err
	}
	apps, err := s.ReadApps(ctx, o.appsOptions())
	if err != nil {
		return nil, err
	}
	if err := s.addMissingWebsites(ctx, o, apps); err != nil {
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

// addMissingWebsites gives apps whose records have no website the one that Defender
// knows.
func (s Source) addMissingWebsites(ctx context.Context, o WebsitesOptions, apps []App) error {
	if !o.completesWebsites() || !slices.ContainsFunc(apps, App.lacksWebsite) {
		return nil
	}
	if s.Defender == nil {
		s.addNote("apps whose records have no website are left out: to find their websites in Defender, set DEFENDER_API_URL and DEFENDER_API_KEY")
		return nil
	}
	known, err := s.readCatalogue(ctx, siteFilter{})
	if err != nil {
		return fmt.Errorf("read the domains of apps whose records have no website (--domains=false leaves them out): %w", err)
	}
	found := 0
	for i, a := range apps {
		if !a.lacksWebsite() {
			continue
		}
		if _, d, ok := known.findApp("", a.Name); ok && d.website != "" {
			apps[i].Sites = []string{d.website}
			found++
		}
	}
	s.addNote(fmt.Sprintf("found in Defender, live: the website of %s without one in the record", countNoun(found, "app")))
	return nil
}

// reachedSites returns the websites that an app counts for: its domains that match
// the filters, else its own website.
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
	wrong.addIf(o.Top < 0, "top", fmt.Sprint(o.Top), "use a number of 1 or more")
	wrong.addIf(o.MinActiveUsers < 0, "min-active-users", fmt.Sprint(o.MinActiveUsers), "use a number of 0 or more")
	return wrong.orNil()
}

// NeedsDefender returns "": Oomnitza alone can answer a question about websites.
func (o WebsitesOptions) NeedsDefender() string { return "" }

// ReadsDefender reports whether the answer may read Defender if it is configured.
func (o WebsitesOptions) ReadsDefender() bool {
	return o.appsOptions().ReadsDefender() || o.completesWebsites()
}

// completesWebsites reports whether the websites of records that have none are looked up.
// Records of the integration user need no such thing, and with filters all domains of
// all apps are searched anyway.
func (o WebsitesOptions) completesWebsites() bool {
	return o.Domains && o.CreatedBy != "" && !o.appsOptions().searchesDomains()
}

// sortText returns the sort keys, with the host as the last.
func (o WebsitesOptions) sortText() string { return cmp.Or(o.Sort, "active") + ",website" }

// appsOptions returns the options for the apps whose websites are asked for.
func (o WebsitesOptions) appsOptions() AppsOptions {
	return AppsOptions{CreatedBy: o.CreatedBy, WebsiteContains: o.WebsiteContains, Suffix: o.Suffix, Domains: o.Domains, ActiveFrom: o.ActiveFrom}
}

// Answer returns the answer as a sheet and rows.
func (o WebsitesOptions) Answer(ctx context.Context, s Source) (sheet.Sheet, Rows, error) {
	if err := checkOptions(o, s); err != nil {
		return sheet.Sheet{}, nil, err
	}
	p, err := o.appsOptions().makePlan(s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	p.MinActiveUsers, p.Top, p.Sort = o.MinActiveUsers, o.Top, o.Sort // for the facts
	facts := append(p.listFacts(), sheet.Fact{Name: factActive + " of a website", Value: "the sum over its apps; a person who uses two of them counts twice"})
	if o.completesWebsites() {
		facts = append(facts, sheet.Fact{Name: "Domains", Value: "of a record without a website the one that Defender knows, live"})
	}
	columns := websiteColumns()
	return sheetOf("Websites", columns, s.aboutFacts(facts...)), rowsOf(columns, func() ([]Website, error) { return s.ReadWebsites(ctx, o) }), nil
}

// Columns returns the columns of the answer.
func (o WebsitesOptions) Columns() []sheet.Column { return sheetColumns(websiteColumns()) }

func websiteColumns() []column[Website] {
	return []column[Website]{
		{"website", "Website", sheet.Link, 40, func(w Website) any { return w.Host }},
		{"apps", "Apps", sheet.Number, 0, func(w Website) any { return len(w.Apps) }},
		{"appNames", "App names", sheet.Text, 60, func(w Website) any { return w.appNames() }},
		{"activeUsers", "Active users", sheet.Number, 0, func(w Website) any { return w.activeCell() }},
		{"appsSince", "First recorded", sheet.Date, 0, func(w Website) any { return w.firstRecorded() }},
	}
}

// activeCell returns the number of active users; nil where 0 may be wrong.
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

// firstRecorded returns when the first of the apps got its record in Oomnitza.
func (w Website) firstRecorded() (first time.Time) {
	for _, a := range w.Apps {
		if !a.Created.IsZero() && (first.IsZero() || a.Created.Before(first)) {
			first = a.Created
		}
	}
	return first
}

// lacksWebsite reports whether Defender may know a website that the app's record has not. A
// record with a link key is a session's, which has written all that is known.
func (a App) lacksWebsite() bool { return hostOf(a.Website) == "" && a.DefenderID == "" }

// Host returns the host of the app's website, in lower case: that of the record, else the
// one that was read live from Defender; "" where it has none.
func (a App) Host() string {
	if host := hostOf(a.Website); host != "" {
		return host
	}
	return hostOf(a.LiveWebsite)
}
