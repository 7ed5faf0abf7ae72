package simulator

import (
	"fmt"
	"slices"
)

// Variants choose between the forms that the vendors leave undocumented. The
// zero value is the likeliest form of each.
type Variants struct {
	// Defender.

	Users    string // endpoint for an app's users: "both" (default), "users", "app_users", "neither"
	Prefix   string // discovery lists under: "both" (default), "cas" (/cas/api/v1), "api" (/api/v1)
	Time     string // "ms" (default), "ms-float", "ms-string", "seconds", "rfc3339" (3 digits), "rfc3339-0" to "rfc3339-7"
	Midnight bool   // times are cut to the day
	HasNext  string // "" as documented, "missing"
	Total    string // "" exact, "approximate" (another at each pull), "missing"
	Streams  string // wrapper: "streams" (default), "data", "array", "object" (the first alone, as the documentation's example)
	Sort     string // spelling of sort fields: "new" (default), "old", "any"; others are refused
	Frame    string // timeframe as "any" (default), "text", "number"; the other is refused
	Errors   string // error body: "detail" (default), "object", "boolean"

	AppKeys         AppKeys // key spellings of an app's row
	UserKeys        UserKeys
	AppIDText       bool // app ids as strings
	IgnoreSkip      bool // every page is the first one
	PlainAppRows    bool // app rows without domains and vendor, which no source shows
	UnknownAppRows  bool // rows of apps carry no key that anyone knows
	UnknownUserRows bool // rows of users carry no key that anyone knows
	Anonymous       int  // the first so many streams show users as User_<base64>==

	// Oomnitza.

	LastVisit      string // with an assignment: "kept" (default), "ignored", "refused"
	IDs            string // "" as documented, "string", "number"
	Unset          string // an assigned user's role and last visit where there is none: "documented" (default: an empty role, 0), "null" ([] and null)
	OomnitzaErrors string // error body: "errors" (default), "message", "error", "detail"
	AssignErrors   string // refused rows inside a 200: "items" (default), "objects", "map", "texts"
	ErrorsIn200    bool   // refused creates are answered 200 with the error in the body
	CaseMatters    bool   // filters compare exactly
	CSRF           bool   // X-CSRF-Token of earlier answers is demanded on writes
	LinkKeyIgnored bool   // link_key is not kept
	NoTotalCount   bool   // X-Total-Count is not sent
	MaxLimit       int    // most rows of a list (1000)

	Unkind Unkind // what no contract promises
}

// AppKeys are the keys of an app's row; empty ones take the default, and what has
// NoKey is left out.
type AppKeys struct {
	ID, Name, Category, Users, Time, Uploaded, Downloaded, Events, Tags string

	Traffic, Addresses, Machines string
}

// NoKey stands for a counter that a dialect has no key for.
const NoKey = "-"

// OlderAppKeys are the keys of older portals' rows. [CODE, INF]
func OlderAppKeys() AppKeys {
	return AppKeys{Users: "users", Time: "lastUsed", Uploaded: "uploadedBytes", Downloaded: "downloadedBytes", Events: "transactionsCount"}
}

// GraphAppKeys are the keys of Graph's rows, which tell no total of traffic. [DOC]
func GraphAppKeys() AppKeys {
	return AppKeys{ID: "id", Name: "displayName", Users: "userCount", Time: "lastSeenDateTime", Uploaded: "uploadNetworkTrafficInBytes",
		Downloaded: "downloadNetworkTrafficInBytes", Events: "transactionCount", Traffic: NoKey, Addresses: "ipAddressCount", Machines: "deviceCount"}
}

// UserKeys are the keys of a user's row; empty ones take the default.
type UserKeys struct{ Name, Time string }

// listChoices lists what each text variant accepts; the first is the default.
func (v *Variants) listChoices() []choice {
	times := []string{"ms", "ms-float", "ms-string", "seconds", "seconds-string", "rfc3339", "rfc3339-0", "rfc3339-1",
		"rfc3339-2", "rfc3339-3", "rfc3339-4", "rfc3339-5", "rfc3339-6", "rfc3339-7"}
	return []choice{
		{"Users", &v.Users, []string{"both", "users", "app_users", "neither"}},
		{"Prefix", &v.Prefix, []string{"both", "cas", "api"}},
		{"Time", &v.Time, times},
		{"HasNext", &v.HasNext, []string{"present", "missing"}},
		{"Total", &v.Total, []string{"exact", "approximate", "missing"}},
		{"Streams", &v.Streams, []string{"streams", "data", "array", "object"}},
		{"Sort", &v.Sort, []string{"new", "old", "any"}},
		{"Frame", &v.Frame, []string{"any", "text", "number"}},
		{"Errors", &v.Errors, []string{"detail", "object", "boolean"}},
		{"LastVisit", &v.LastVisit, []string{"kept", "ignored", "refused"}},
		{"IDs", &v.IDs, []string{"documented", "string", "number"}},
		{"Unset", &v.Unset, []string{"documented", "null"}},
		{"OomnitzaErrors", &v.OomnitzaErrors, []string{"errors", "message", "error", "detail"}},
		{"AssignErrors", &v.AssignErrors, []string{"items", "objects", "map", "texts"}},
	}
}

type choice struct {
	name  string
	value *string
	from  []string
}

// CompleteDefaults fills in the defaults and reports the first choice that there is
// no such form of.
func (v Variants) CompleteDefaults() (Variants, error) {
	for _, c := range v.listChoices() {
		if *c.value == "" {
			*c.value = c.from[0]
		}
		if !slices.Contains(c.from, *c.value) {
			return v, fmt.Errorf("variant %s: %q is none of %v", c.name, *c.value, c.from)
		}
	}
	v.AppKeys.fillDefaults()
	v.UserKeys.fillDefaults()
	if v.MaxLimit <= 0 {
		v.MaxLimit = 1000
	}
	return v, nil
}

func (k *AppKeys) fillDefaults() {
	d := AppKeys{"appId", "name", "category", "usersCount", "lastSeen",
		"trafficUploadedBytes", "trafficDownloadedBytes", "trafficTotalEvents", "tags",
		"trafficTotalBytes", "ipAddressesCount", "machinesCount"}
	for _, f := range []struct{ v, d *string }{{&k.ID, &d.ID}, {&k.Name, &d.Name}, {&k.Category, &d.Category},
		{&k.Users, &d.Users}, {&k.Time, &d.Time}, {&k.Uploaded, &d.Uploaded}, {&k.Downloaded, &d.Downloaded},
		{&k.Events, &d.Events}, {&k.Tags, &d.Tags},
		{&k.Traffic, &d.Traffic}, {&k.Addresses, &d.Addresses}, {&k.Machines, &d.Machines}} {
		if *f.v == "" {
			*f.v = *f.d
		}
	}
}

func (k *UserKeys) fillDefaults() {
	if k.Name == "" {
		k.Name = "userName"
	}
	if k.Time == "" {
		k.Time = "lastSeen"
	}
}
