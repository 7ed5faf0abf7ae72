package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
)

// Anyone is the CreatedBy that selects records created by anybody.
const Anyone = "any"

// AppsOptions say which apps are asked for, and which of their data. The zero
// value asks for all apps created by the integration user, the most used first.
type AppsOptions struct {
	CreatedBy       string // username; "": the integration user, if one is set; Anyone: anybody
	ActiveFrom      ActiveFrom
	MinActiveUsers  int    // at least this many active users
	Category        string // one of these, separated by commas, whatever the case
	AI              bool   // of a category of AI, by the record or by Defender
	WebsiteContains string // Website contains one of these, separated by commas or blanks
	Suffix          string // the host of Website ends in one of these, at a dot
	Domains         bool   // search all domains that Defender knows of an app, besides Website
	Sanctioned      bool   // by Defender's tag
	Unsanctioned    bool   // by Defender's tag
	Sort            string // keys of AppSorts, separated by commas; "": active, then name
	Top             int    // only the first rows; 0: all
	WithOthers      bool   // include records created by others, marked as Other
	WithUsers       bool   // read each app's users: a request to Oomnitza for each app
	WithRisk        bool   // read Defender's list of apps: a request for each hundred apps
}

// ByTagOfAnyone includes records created by anybody if apps are selected by
// Defender's tag or as AI and no creator is given: whether such an app is in use
// does not depend on who created its record.
func (o AppsOptions) ByTagOfAnyone() AppsOptions {
	if o.CreatedBy == "" && (o.Sanctioned || o.Unsanctioned || o.AI) {
		o.CreatedBy = Anyone
	}
	return o
}

// AppSorts lists the keys for Sort; each may have :asc or :desc.
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

// compareRisk sorts the riskiest app first and unknown scores last. In Microsoft's
// catalogue of apps, 10 is the least risk:
// https://learn.microsoft.com/graph/api/resources/applicationriskscore
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
	wrong.addIf(o.Sanctioned && o.Unsanctioned, "sanctioned", "", "can't be combined with unsanctioned, since an app has one tag")
	wrong.addIf(o.Top < 0, "top", fmt.Sprint(o.Top), "use a number of 1 or more")
	wrong.addIf(o.MinActiveUsers < 0, "min-active-users", fmt.Sprint(o.MinActiveUsers), "use a number of 0 or more")
	return wrong.orNil()
}

// NeedsDefender returns the option that needs Defender; "": none does.
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

// ReadsDefender reports whether the answer reads Defender if it is configured.
func (o AppsOptions) ReadsDefender() bool {
	return o.WithRisk || o.AI || o.NeedsDefender() != "" || o.searchesDomains()
}

// sortText returns the sort keys, with the name as the last.
func (o AppsOptions) sortText() string {
	return cmp.Or(o.Sort, "active") + ",name"
}

// sortKeys returns the names of the sort keys.
func (o AppsOptions) sortKeys() []string {
	_, used, _ := parseOrder(o.sortText(), appKeys())
	return used
}

// withImplied sets the options that others imply.
func (o AppsOptions) withImplied() AppsOptions {
	o.WithUsers = o.WithUsers || o.sortsByUsers()
	o.WithRisk = o.WithRisk || o.AI || o.NeedsDefender() != ""
	return o
}

// sortsByUsers reports whether sorting needs each app's users.
func (o AppsOptions) sortsByUsers() bool {
	return slices.ContainsFunc(o.sortKeys(), func(k string) bool { return k == "users" || k == "last-activity" })
}

// searchesDomains reports whether the apps' domains are searched.
func (o AppsOptions) searchesDomains() bool {
	return o.Domains && newSiteFilter(o.WebsiteContains, o.Suffix).isSet()
}

// appsPlan says how valid options are answered.
type appsPlan struct {
	AppsOptions
	createdBy string // "": anybody
	order     func(a, b App) int
	policy    saas.Policy
	sites     siteFilter
	early     bool // sorting and filters need no users
	live      bool // Defender is read, if its data is needed
}

// makePlan validates the options and completes them.
func (o AppsOptions) makePlan(s Source) (appsPlan, error) {
	if err := checkOptions(o, s); err != nil {
		return appsPlan{}, err
	}
	p := appsPlan{AppsOptions: o.withImplied(), policy: s.Policy, sites: newSiteFilter(o.WebsiteContains, o.Suffix), early: !o.sortsByUsers(), live: s.Defender != nil}
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

// selectsRecord applies the filters on the record itself, except for its creator.
func (p appsPlan) selectsRecord(a App) bool {
	switch {
	case a.ActiveUsers < p.MinActiveUsers && !p.ActiveFrom.needsCount(a):
	case p.AI && !a.AI && !p.live: // else Defender may know better
	case p.Category != "" && !oneOf(a.Category, splitList(p.Category)):
	case !p.Domains && p.sites.isSet() && !p.sites.matchesWebsite(a.Website):
	default:
		return true
	}
	return false
}

// selectsTag applies the filters on Defender's tag.
func (p appsPlan) selectsTag(a App) bool {
	return (!p.Sanctioned || strings.EqualFold(a.Tag, "sanctioned")) && (!p.Unsanctioned || strings.EqualFold(a.Tag, "unsanctioned"))
}
