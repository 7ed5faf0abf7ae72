package contract

// Dialect is what a tenant turned out to understand, as far as it is known;
// the zero value knows nothing and has everything probed. It encodes as JSON,
// for a caller to keep and to pass back.
type Dialect struct {
	Prefix        string      `json:"prefix,omitempty"`        // path before the lists: "/cas/api/v1"
	UsersPrefix   string      `json:"usersPrefix,omitempty"`   // path before the users of an app, where it is another
	UsersEndpoint string      `json:"usersEndpoint,omitempty"` // "users" or "app_users"
	AppForm       RequestForm `json:"appForm,omitzero"`        // how the list of apps is asked for
	UserForm      RequestForm `json:"userForm,omitzero"`       // how the list of users is asked for
	AppKeys       []string    `json:"appKeys,omitempty"`       // row keys of id, name and time, where rows showed them
	UserKeys      []string    `json:"userKeys,omitempty"`      // row keys of name and time
	NameKey       string      `json:"nameKey,omitempty"`       // where users' names stand, if rows have several columns that could: "email", "user>upn"

	// What readers of whole lists found out; a Client passes it on as it is.
	AppsUnsorted  bool `json:"appsUnsorted,omitempty"`  // apps don't come by last activity where that was asked for
	UsersUnsorted bool `json:"usersUnsorted,omitempty"` // nor do the users of an app
	HasNextLies   bool `json:"hasNextLies,omitempty"`   // hasNext says that there is more where there is not
	MaxSkip       int  `json:"maxSkip,omitempty"`       // pages from here on are refused
}

// KnowsUsers reports whether it is known how the users of an app are asked for.
func (d Dialect) KnowsUsers() bool { return d.UsersEndpoint != "" }

// RequestForm is a way to spell a request.
type RequestForm struct {
	Days          string `json:"days,omitempty"` // the timeframe as "text" or "number"
	ActivityField string `json:"seen,omitempty"` // sort field for last activity
}

// The lists that don't come sorted, as a session tells the next one.
const (
	UnsortedApps  = "apps"
	UnsortedUsers = "users"
)

// UnsortedLists names the lists that don't come by last activity though that was
// asked for.
func (d Dialect) UnsortedLists() (lists []string) {
	if d.AppsUnsorted {
		lists = append(lists, UnsortedApps)
	}
	if d.UsersUnsorted {
		lists = append(lists, UnsortedUsers)
	}
	return lists
}
