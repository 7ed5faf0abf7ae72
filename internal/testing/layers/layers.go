package layers

// layer is a floor of the house: packages that know those of the floors below,
// and not each other.
type layer struct {
	name     string
	packages []string // without "internal/"
}

// layers are the floors, the uppermost first. To add a package put it on the
// lowest floor that stands above all that it imports.
var layers = []layer{
	{"programs", []string{"starter", "worker"}},
	{"orchestration", []string{"workflows", "activities"}},
	{"reports", []string{"reporting/mailing"}},
	{"saved reports", []string{"reporting/saved", "reporting/gather"}},
	{"checks", []string{"preflight", "metrics"}},
	{"engines", []string{"usersync", "appsync", "applist", "sessions", "reporting/query"}},
	{"ways out", []string{"tenants", "notify", "temporalx", "tracing/otlp"}},
	{"settings", []string{"config"}},
	{"clients", []string{"defender", "oomnitza"}},
	{"transport", []string{"httpx"}},
	{"rules", []string{"watch", "listing", "ratelimit", "versions", "changelist"}},
	{"contract", []string{"contract"}},
	{"domain", []string{"saas"}},
	{"tools", []string{"buildinfo", "calendar", "completion", "culprit", "dotenv", "lease", "mailaddr", "manpage", "mask", "notebook", "prints", "reporting/page", "reporting/sheet", "temporalerr", "tracing", "turn"}},
	{"basics", []string{"envelope", "moment", "suggest"}},
}

// equipment is for tests and benchmarks. It may import anything but programs,
// and no package of the product imports it.
const equipment = "testing"

// bar is a package that others must not link, not even through a third.
type bar struct {
	from  []string // packages of ours, without "internal/"
	never []string // import paths; ours without "defendersync/internal/"; a path stands for all below it
	why   string
}

var bars = []bar{
	{
		from:  []string{"workflows"},
		never: []string{"activities", "config", "defender", "httpx", "notify", "oomnitza", "reporting", "tenants", "temporalx", "github.com/xuri/excelize", "github.com/wneessen/go-mail"},
		why:   "a workflow only orchestrates; what it shares with activities is in internal/contract",
	},
	{
		from:  []string{"saas", "contract", "listing", "ratelimit", "httpx", "defender", "oomnitza", "usersync", "appsync", "applist", "preflight", "reporting"},
		never: []string{"go.temporal.io"},
		why:   "only workflows, activities and what serves them know Temporal",
	},
	{
		from:  []string{"usersync", "appsync", "applist"},
		never: []string{"defender", "oomnitza"},
		why:   "the engines know no vendor: they declare the interfaces that they need, and of httpx only what an error means",
	},
}
