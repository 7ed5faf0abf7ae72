package query

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// Status says whether a user is active, by the app's threshold.
type Status string

// The states of a user.
const (
	Active   Status = "active"   // last activity within the threshold
	Inactive Status = "inactive" // last activity before that
	Unknown  Status = "unknown"  // no known last activity
)

// User is a person who is assigned to an app.
type User struct {
	App          string
	Username     string
	Name         string
	Email        string
	Role         int    // Oomnitza role id; 0: unknown. The API has no call for the names of roles
	Suspended    bool   // can't log in to Oomnitza
	AppRole      string // roles in the app, separated by commas
	LastActivity time.Time
	Live         bool // LastActivity was read from Defender
	Status       Status

	ID, AppID, DefenderID string // of the person's and the app's record in Oomnitza; of the app in Defender, "": unknown
}

// UsersOptions say whose users are asked for: those of one app or of all apps, or
// the apps of one person.
type UsersOptions struct {
	App       string // name, whatever the case
	AllApps   bool   // the users of every app
	AI        bool   // only apps of a category of AI, of all or of a person
	User      string // username or email address of a person, whatever the case; "": everybody
	Name      string // the name contains one of these, separated by commas, whatever the case
	Email     string // the email address contains one of these, likewise
	Role      string // the Oomnitza role is one of these ids, separated by commas
	CreatedBy string // unless App is set, as in AppsOptions; "": anybody
	Active    bool   // only active users
	Inactive  bool   // only inactive users; users with unknown activity are neither
	Sort      string // keys of UserSorts, within an app; "": last-activity
	strict    bool   // an app that can't be read is an error
	Live      bool   // read last activity from Defender where Oomnitza has none
}

// UserSorts lists the keys for Sort; each may have :asc or :desc.
func UserSorts() string { return orderNames(userKeys()) }

func userKeys() []sortKey[User] {
	return []sortKey[User]{
		byText("user", func(u User) string { return u.Username }),
		byText("name", func(u User) string { return u.Name }),
		byText("email", func(u User) string { return u.Email }),
		byNumber("role", func(u User) int { return u.Role }),
		byTime("last-activity", func(u User) time.Time { return u.LastActivity }),
		byText("status", func(u User) string { return string(u.Status) }),
	}
}

// Validate finds everything that is wrong with the options: OptionErrors, or
// nil.
func (o UsersOptions) Validate() error {
	_, _, wrong := parseOrder(o.sortText(), userKeys())
	wrong.addIf(strings.TrimSpace(o.App) == "" && !o.AllApps && !o.AI && strings.TrimSpace(o.User) == "", "app", "", "name an app, a user, or use all-apps")
	wrong.addIf(o.App != "" && o.AllApps, "app", o.App, "can't be combined with all-apps")
	wrong.addIf(o.App != "" && o.AI, "app", o.App, "can't be combined with ai")
	wrong.addIf(o.Active && o.Inactive, "active", "", "can't be combined with inactive; omit both for all users")
	for _, id := range splitList(o.Role) {
		n, err := strconv.Atoi(id)
		wrong.addIf(err != nil || n < 1, "role", id, "use the ids of roles, separated by commas, such as 25")
	}
	return wrong.orNil()
}

// NeedsDefender returns the option that needs Defender; "": none does.
func (o UsersOptions) NeedsDefender() string {
	if o.Live {
		return "live"
	}
	return ""
}

// ReadsDefender reports whether the answer reads Defender.
func (o UsersOptions) ReadsDefender() bool { return o.Live || o.AI }

// sortText returns the sort keys, with the username as the last.
func (o UsersOptions) sortText() string { return cmp.Or(o.Sort, "last-activity") + ",user" }

// usersPlan says how valid options are answered.
type usersPlan struct {
	UsersOptions
	order  func(a, b User) int
	names  []string // folded, as emails
	emails []string
	roles  []string
}

// ofManyApps reports whether rows of several apps may come.
func (o UsersOptions) ofManyApps() bool { return strings.TrimSpace(o.App) == "" }

// makePlan validates the options.
func (o UsersOptions) makePlan(s Source) (usersPlan, error) {
	if err := checkOptions(o, s); err != nil {
		return usersPlan{}, err
	}
	o.User = strings.TrimSpace(o.User)
	o.AllApps = o.AllApps || o.AI && o.User == ""
	p := usersPlan{UsersOptions: o, names: foldList(o.Name), emails: foldList(o.Email), roles: splitList(o.Role)}
	p.order, _, _ = parseOrder(o.sortText(), userKeys())
	return p, nil
}

// Answer returns the answer as a sheet and rows, which are read while they are
// iterated.
func (o UsersOptions) Answer(ctx context.Context, s Source) (sheet.Sheet, Rows, error) {
	p, err := o.makePlan(s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	columns := userColumns(o, s.Links)
	rows := rowsOfStream(columns, func(yield func(User, error) bool) {
		apps, err := s.readUsers(ctx, p)
		if err != nil {
			yield(User{}, err)
			return
		}
		for got, err := range apps {
			if err != nil {
				yield(User{}, err)
				return
			}
			for _, u := range got.Users {
				if !yield(u, nil) {
					return
				}
			}
		}
	})
	heading := sheetOf("Users", columns, s.aboutFacts(p.listFacts(s)...))
	heading.Columns = s.Links.describePages(heading.Columns, "app")
	return heading, rows, nil
}

func (p usersPlan) listFacts(s Source) []sheet.Fact {
	app, active := p.App, "last activity within "+formatDays(s.Policy.Threshold(p.App))
	if p.ofManyApps() {
		app, active = "all", "last activity within "+formatDays(s.Policy.Threshold(""))+", or within the app's own threshold"
	}
	if p.AI {
		app = "of a category of AI"
	}
	facts := []sheet.Fact{filter("App", app)}
	for _, f := range []sheet.Fact{filter("User", p.User), filter("Name contains", p.Name), filter("Email contains", p.Email), filter("Role", p.Role)} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	switch {
	case p.Active:
		facts = append(facts, filter("Users", "active only"))
	case p.Inactive:
		facts = append(facts, filter("Users", "inactive only"))
	}
	facts = append(facts, sheet.Fact{Name: factActive, Value: active})
	if p.Live {
		facts = append(facts, sheet.Fact{Name: factLive, Value: "last activity, where Oomnitza has none"})
	}
	return facts
}

// formatDays returns a threshold for people: "60 days".
func formatDays(d time.Duration) string {
	if d%saas.Day == 0 {
		return fmt.Sprintf("%d days", d/saas.Day)
	}
	return d.String()
}

// Columns returns the columns of the answer.
func (o UsersOptions) Columns() []sheet.Column {
	return Links{}.describePages(sheetColumns(userColumns(o, Links{})), "app")
}

func userColumns(o UsersOptions, links Links) []column[User] {
	var columns []column[User]
	if o.ofManyApps() {
		columns = append(columns, column[User]{"app", "App", sheet.Text, 32, func(u User) any { return u.App }})
	}
	columns = append(columns, []column[User]{
		{"user", "User", sheet.Text, 36, func(u User) any { return u.Username }},
		{"name", "Name", sheet.Text, 28, func(u User) any { return u.Name }},
		{"email", "Email", sheet.Text, 36, func(u User) any { return u.Email }},
		{"role", "Role", sheet.Number, 0, func(u User) any { return nilIfZero(u.Role) }},
		{"appRole", "Role in the app", sheet.Text, 20, func(u User) any { return u.AppRole }},
		{"lastActivity", "Last activity", sheet.Time, 0, func(u User) any { return u.LastActivity }},
		{"status", "Activity", sheet.Text, 0, func(u User) any { return string(u.Status) }},
	}...)
	if o.Live {
		columns = append(columns, column[User]{"live", "From Defender", sheet.Bool, 0, func(u User) any { return u.Live }})
	}
	return append(columns, []column[User]{
		{"userId", "User id", sheet.ID, 0, func(u User) any { return u.ID }},
		{"appId", "App id", sheet.ID, 0, func(u User) any { return u.AppID }},
		{"defenderAppId", "Defender's app id", sheet.ID, 0, func(u User) any { return u.DefenderID }},
		{"defenderPage", "App in Defender", sheet.Page, 60, func(u User) any { return links.LinkInDefender(App{Name: u.App, DefenderID: u.DefenderID}) }},
		{"appPage", "App in Oomnitza", sheet.Page, 60, func(u User) any { return links.LinkRecord(u.AppID) }},
		{"userPage", "User in Oomnitza", sheet.Page, 60, func(u User) any { return links.LinkPerson(u.ID) }},
	}...)
}
