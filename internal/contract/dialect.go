package contract

// Dialect is which of the documented and undocumented forms of request a tenant
// of Defender understands, as far as it is known. The zero value knows nothing,
// so that everything is probed.
type Dialect struct {
	Prefix        string      `json:"prefix,omitempty"`        // path before the lists: "/cas/api/v1"
	UsersPrefix   string      `json:"usersPrefix,omitempty"`   // path before the users of an app, if it is another
	UsersEndpoint string      `json:"usersEndpoint,omitempty"` // "users" or "app_users"
	AppForm       RequestForm `json:"appForm,omitzero"`        // of requests for apps
	UserForm      RequestForm `json:"userForm,omitzero"`       // of requests for users
	AppKeys       []string    `json:"appKeys,omitempty"`       // row keys of id, name and time, where rows showed them
	UserKeys      []string    `json:"userKeys,omitempty"`      // row keys of name and time
	NameKey       string      `json:"nameKey,omitempty"`       // where the names of users are, if rows have several columns for them: "email", "user>upn"

	// What the readers of whole lists have found out.
	AppsUnsorted  bool `json:"appsUnsorted,omitempty"`  // apps do not come by last activity when they should
	UsersUnsorted bool `json:"usersUnsorted,omitempty"` // nor do users
	HasNextLies   bool `json:"hasNextLies,omitempty"`   // hasNext says that there is more when there is not
	MaxSkip       int  `json:"maxSkip,omitempty"`       // pages from here on are refused; 0: none is
}

// KnowsUsers reports whether it is known how to ask for the users of an app.
func (d Dialect) KnowsUsers() bool { return d.UsersEndpoint != "" }

// RequestForm is how the parameters of a list request are written.
type RequestForm struct {
	Days          string `json:"days,omitempty"` // the timeframe as "text" or "number"
	ActivityField string `json:"seen,omitempty"` // sort field for last activity
}

// The lists that Defender does not sort, as a session tells the next.
const (
	UnsortedApps  = "apps"
	UnsortedUsers = "users"
)

// UnsortedLists names the lists that do not come by last activity when they
// should.
func (d Dialect) UnsortedLists() (lists []string) {
	if d.AppsUnsorted {
		lists = append(lists, UnsortedApps)
	}
	if d.UsersUnsorted {
		lists = append(lists, UnsortedUsers)
	}
	return lists
}
