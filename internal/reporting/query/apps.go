package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/suggest"
)

// App is a SaaS record of Oomnitza.
type App struct {
	ID          string // Oomnitza's
	DefenderID  string // of the app that the record stands for; "" where the record doesn't tell
	Name        string
	Category    string
	Website     string
	Vendor      string
	CreatedBy   string
	Created     time.Time // zero where it isn't told
	ActiveUsers int       // by ActiveFrom: counted from the assignments, or Total Active Users as the record has it
	Counted     bool      // ActiveUsers was counted from the assignments
	Unknown     bool      // ActiveUsers is the least: Oomnitza keeps no last activity for most users

	Other  bool // with WithOthers: somebody else than asked for made the record
	mayBe  int  // users who may be active besides, where that is Unknown
	kept   bool // a session keeps the record's number of active users
	marked bool // link key or source tell that this integration made it, whatever Created by says

	// Read from the app's assignments, when WithUsers is asked for.
	Users        int
	InUse        int       // of those, active now by the app's threshold
	LastActivity time.Time // latest of any user; zero: none is kept

	// Read live from Defender, when WithRisk is asked for.
	Discovered bool // Defender has the app
	Risk       float64
	Tag        string    // Sanctioned, Unsanctioned, …; "" for none
	LastSeen   time.Time // latest traffic

	Sites []string // those that websites were asked for by and that it has, where its domains were searched
}

// Anyone is the CreatedBy that selects the records of everybody.
const Anyone = "any"

// AppsOptions say which apps are asked for, and what of them. The zero value
// asks for all that the integration user has made, the most used first.
type AppsOptions struct {
	CreatedBy       string // username; "": the integration user, where one is set; Anyone: everybody
	ActiveFrom      ActiveFrom
	MinActiveUsers  int    // active users of at least this many
	Category        string // one of these, by commas, regardless of case
	WebsiteContains string // one of these, by commas or blanks, anywhere in Website
	Suffix          string // Website's host ends in one of these, at a dot
	Domains         bool   // search all domains that Defender has of an app, besides Website
	Sanctioned      bool   // by Defender's tag
	Unsanctioned    bool   // by Defender's tag
	Sort            string // keys of Sorts, by commas; "": active, then name
	Top             int    // the first so many only; 0: all
	WithOthers      bool   // keep the records of others too, marked as such
	WithUsers       bool   // read each app's users: a request to Oomnitza for each app
	WithRisk        bool   // read Defender's list of apps: a request for each hundred
}

// ByTagOfAnyone asks for the records of everybody where apps are chosen by
// Defender's tag and nobody is named: an app that is in use although it is
// unsanctioned is so whoever made its record.
func (o AppsOptions) ByTagOfAnyone() AppsOptions {
	if o.CreatedBy == "" && (o.Sanctioned || o.Unsanctioned) {
		o.CreatedBy = Anyone
	}
	return o
}

// AppSorts are the keys that Sort takes, each with :asc or :desc.
func AppSorts() string { return orderNames(appKeys()) }

func appKeys() []sortKey[App] {
	return []sortKey[App]{
		byText("name", func(a App) string { return a.Name }),
		byText("category", func(a App) string { return a.Category }),
		byText("website", func(a App) string { return a.Website }),
		byText("created-by", func(a App) string { return a.CreatedBy }),
		byTime("created", func(a App) time.Time { return a.Created }),
		byNumber("active", func(a App) int { return a.ActiveUsers }),
		byNumber("users", func(a App) int { return a.Users }),
		byTime("last-activity", func(a App) time.Time { return a.LastActivity }),
		{"risk", false, func(a, b App) int { return compareRisk(a.Risk, b.Risk) }},
		byText("tag", func(a App) string { return a.Tag }),
		byTime("last-seen", func(a App) time.Time { return a.LastSeen }),
	}
}

// compareRisk puts the riskiest first: of the scores of Microsoft's catalogue of
// apps 10 is the least risk, see
// https://learn.microsoft.com/graph/api/resources/applicationriskscore; an
// unknown one comes last.
func compareRisk(a, b float64) int {
	rank := func(score float64) float64 {
		if score <= 0 {
			return 99
		}
		return score
	}
	switch x, y := rank(a), rank(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Validate finds everything that is wrong with the options: OptionErrors, or
// nil.
func (o AppsOptions) Validate() error {
	_, _, wrong := parseOrder(o.sortText(), appKeys())
	if _, err := o.ActiveFrom.parseOption(); err != nil {
		wrong = append(wrong, err)
	}
	wrong.addIf(o.Sanctioned && o.Unsanctioned, "sanctioned", "", "an app has one tag: leave out this option or unsanctioned")
	wrong.addIf(o.Top < 0, "top", fmt.Sprint(o.Top), "the number of rows is 1 or more")
	wrong.addIf(o.MinActiveUsers < 0, "min-active-users", fmt.Sprint(o.MinActiveUsers), "the number of users is 0 or more")
	return wrong.orNil()
}

// NeedsDefender is the option that only Defender can answer; "" for none.
func (o AppsOptions) NeedsDefender() string {
	switch {
	case o.Sanctioned:
		return "sanctioned"
	case o.Unsanctioned:
		return "unsanctioned"
	}
	for _, key := range o.sortKeys() {
		if key == "risk" || key == "tag" || key == "last-seen" {
			return "sort " + key
		}
	}
	return ""
}

// ReadsDefender reports whether the answer takes requests to Defender, where
// there are settings for it.
func (o AppsOptions) ReadsDefender() bool {
	return o.WithRisk || o.NeedsDefender() != "" || o.searchesDomains()
}

// sortText is the order as it is parsed: apps that are equal go by name.
func (o AppsOptions) sortText() string {
	return cmp.Or(o.Sort, "active") + ",name"
}

// sortKeys are the keys that the order goes by.
func (o AppsOptions) sortKeys() []string {
	_, used, _ := parseOrder(o.sortText(), appKeys())
	return used
}

// withImplied is the options with all that they imply.
func (o AppsOptions) withImplied() AppsOptions {
	o.WithUsers = o.WithUsers || o.sortsByUsers()
	o.WithRisk = o.WithRisk || o.NeedsDefender() != ""
	return o
}

// sortsByUsers reports whether the order needs each app's users.
func (o AppsOptions) sortsByUsers() bool {
	return slices.ContainsFunc(o.sortKeys(), func(k string) bool { return k == "users" || k == "last-activity" })
}

// searchesDomains reports whether the apps' domains are read and searched.
func (o AppsOptions) searchesDomains() bool {
	return o.Domains && newSiteFilter(o.WebsiteContains, o.Suffix).isSet()
}

// appsPlan is how valid options are answered.
type appsPlan struct {
	AppsOptions
	createdBy string // "" for everybody
	order     func(a, b App) int
	policy    saas.Policy
	sites     siteFilter
	early     bool // order and filters need nothing that isn't in the records
}

// makePlan checks the options and completes them.
func (o AppsOptions) makePlan(s Source) (appsPlan, error) {
	if err := checkOptions(o, s); err != nil {
		return appsPlan{}, err
	}
	p := appsPlan{AppsOptions: o.withImplied(), policy: s.Policy, sites: newSiteFilter(o.WebsiteContains, o.Suffix), early: !o.sortsByUsers()}
	p.order, _, _ = parseOrder(o.sortText(), appKeys())
	if from, err := o.ActiveFrom.parseOption(); err == nil {
		p.ActiveFrom = from
	}
	switch o.CreatedBy {
	case Anyone:
	case "":
		p.createdBy = s.Policy.IntegrationUser
	default:
		p.createdBy = o.CreatedBy
	}
	return p, nil
}

// ReadApps reads the apps that are asked for, in their order.
func (s Source) ReadApps(ctx context.Context, o AppsOptions) ([]App, error) {
	p, err := o.makePlan(s)
	if err != nil {
		return nil, err
	}
	return s.readApps(ctx, p)
}

func (s Source) readApps(ctx context.Context, p appsPlan) ([]App, error) {
	if p.CreatedBy == "" && p.createdBy == "" {
		s.addNote("INTEGRATION_USER is not set, so these are the apps of everybody")
	}
	apps, err := s.selectApps(ctx, p)
	if err != nil {
		return nil, err
	}
	if apps, err = s.addFromDefender(ctx, p, apps); err != nil {
		return nil, err
	}
	if p.WithUsers && (!p.early || p.Top == 0) { // all are counted on the way
		if err := s.addUsers(ctx, p.ActiveFrom, apps); err != nil {
			return nil, err
		}
		s.noteUnknown(apps)
		return p.sortAndCut(dropBelow(p.MinActiveUsers, apps)), nil
	}
	if err := s.countActive(ctx, p.ActiveFrom, apps); err != nil {
		return nil, err
	}
	apps = p.sortAndCut(dropBelow(p.MinActiveUsers, apps))
	s.noteUnknown(apps)
	if p.WithUsers {
		if err := s.addUsers(ctx, p.ActiveFrom, apps); err != nil {
			return nil, err
		}
		apps = p.sortAndCut(apps)
	}
	return apps, nil
}

// selectApps reads the apps that the records themselves tell to be asked for.
func (s Source) selectApps(ctx context.Context, p appsPlan) ([]App, error) {
	categories := map[string]bool{}
	made := newCreators(p.createdBy, s.Policy.IntegrationUser)
	apps, err := s.readRecords(ctx, func(a App) bool {
		made.countRecord(a)
		if p.Category != "" {
			categories[a.Category] = true
		}
		return p.selectsRecord(a)
	})
	if err != nil {
		return nil, err
	}
	if err := made.resolveNames(ctx, s); err != nil {
		return nil, err
	}
	others := 0
	for i := range apps {
		if apps[i].Other = !made.madeRecord(apps[i]); apps[i].Other {
			others++
		}
	}
	made.noteForms(s, len(apps)-others)
	if !p.WithOthers {
		apps = slices.DeleteFunc(apps, func(a App) bool { return a.Other })
	}
	if p.Category != "" && len(apps) == 0 {
		s.noteCategories(p.Category, categories)
	}
	return apps, nil
}

// addFromDefender adds what Defender alone knows, and selects by it.
func (s Source) addFromDefender(ctx context.Context, p appsPlan, apps []App) ([]App, error) {
	search := p.searchesDomains()
	if len(apps) == 0 || !p.WithRisk && !search {
		return apps, nil
	}
	var found *catalogue
	if s.Defender != nil {
		websites := siteFilter{}
		if search {
			websites = p.sites
		}
		c, err := s.readCatalogue(ctx, websites)
		if err != nil && !p.WithRisk {
			err = fmt.Errorf("read the domains of the apps (--domains=false searches the field Website alone): %w", err)
		}
		if err != nil {
			return nil, err
		}
		found = &c
	}
	if search {
		if found == nil {
			s.addNote("only the field Website was searched: an app may have further domains, which Defender knows, and DEFENDER_API_URL and DEFENDER_API_KEY are not set")
		}
		apps = s.bySite(p.sites, found, apps)
	}
	if p.WithRisk {
		apps = s.addRisk(p, found, apps)
	}
	return apps, nil
}

// noteCategories says which categories there are that somebody who asked for
// unknown ones may have meant.
func (s Source) noteCategories(asked string, categories map[string]bool) {
	for _, category := range splitList(asked) {
		if near := suggest.Nearest(category, maps.Keys(categories), 3); len(near) > 0 && !oneOf(category, near) {
			s.addNote(fmt.Sprintf("no app is of category %q; like it are: %s", category, strings.Join(near, ", ")))
		}
	}
}

// sortAndCut puts apps in order and keeps the first ones.
func (p appsPlan) sortAndCut(apps []App) []App {
	slices.SortStableFunc(apps, p.order)
	if p.Top > 0 && len(apps) > p.Top {
		clear(apps[p.Top:])
		apps = apps[:p.Top]
	}
	return apps
}

// readRecords reads the SaaS records that are selected. Filtering is done here and
// not by the tenant: what its filters make of case and of a missing value
// isn't known, and a record that goes missing would not show. Of records that were
// deleted only the number is told.
func (s Source) readRecords(ctx context.Context, selects func(App) bool) ([]App, error) {
	var apps []App
	gone := 0
	err := s.retryPassing(ctx, func() error {
		apps, gone = nil, 0
		read := 0
		for record, err := range s.Oomnitza.AllSaaS(ctx) {
			if err != nil {
				return err
			}
			if record.State == saas.Gone {
				gone++
			} else if app := s.appOf(record); selects(app) {
				apps = append(apps, app)
			}
			if read++; read%500 == 0 {
				s.showStep("apps read from Oomnitza", read, 0)
			}
		}
		return nil
	})
	if err == nil && gone > 0 {
		s.addNote(fmt.Sprintf("%s in Oomnitza's list %s deleted or archived, and left out", countNoun(gone, "record"), areOrIs(gone)))
	}
	return apps, err
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func (s Source) appOf(r saas.Record) App {
	id, linked := saas.ParseLinkKey(r.LinkKey)
	own := s.Policy.IntegrationUser != "" && saas.Fold(r.CreatedBy) == saas.Fold(s.Policy.IntegrationUser)
	return App{ID: r.ID, DefenderID: id, Name: r.Name, Category: r.Category, Website: r.Website, Vendor: r.Vendor,
		CreatedBy: r.CreatedBy, Created: oomnitza.CreatedAt(r), ActiveUsers: r.ActiveUsers,
		kept: linked || own && r.LinkKey == "", marked: linked || r.Source == saas.Source}
}

// selectsRecord judges by what the record itself tells, but for who made it.
func (p appsPlan) selectsRecord(a App) bool {
	switch {
	case a.ActiveUsers < p.MinActiveUsers && !p.ActiveFrom.needsCount(a):
	case p.Category != "" && !oneOf(a.Category, splitList(p.Category)):
	case !p.Domains && p.sites.isSet() && !p.sites.matchesWebsite(a.Website):
	default:
		return true
	}
	return false
}

// selectsTag judges by Defender's tag.
func (p appsPlan) selectsTag(a App) bool {
	return (!p.Sanctioned || strings.EqualFold(a.Tag, "sanctioned")) && (!p.Unsanctioned || strings.EqualFold(a.Tag, "unsanctioned"))
}
