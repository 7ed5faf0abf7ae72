package defender

import (
	"time"

	"defendersync/internal/contract"
)

// Everything that Microsoft does not document and this package relies on
// stands in this file, beside its evidence. Whatever differs on a tenant is
// changed here.

// PageSize is the most rows a list gives at a time [DOC D1].
const PageSize = contract.PageSize

// maxPageRows is the most rows that are taken for a page: what was asked for,
// and a margin for a server that gives more [INF]. Beyond it an answer is no
// page.
const maxPageRows = 5 * PageSize

// maxPage bounds the answer to a request, in bytes: a page of rows of 40 KB; the
// longest seen, with 355 domains, has 12 KB.
const maxPage = PageSize * 40 << 10

// throttledFor is the pause after a 429 that does not say how long: "usually
// the throttle time for this call is 1 minute" [CODE M6]. The documentation
// gives the budget per minute and no behaviour at its end [DOC D1, issue C628].
const throttledFor = time.Minute

// throttledWord marks a rate limit that hides behind another status [CODE M6].
const throttledWord = "throttled"

// streamPaths list the continuous reports. The first is documented [DOC D7];
// the portal itself asks the second [CODE X3].
var streamPaths = []string{"/api/discovery/streams/", "/cas/api/discovery/streams/"}

// prefixes are where the undocumented lists live: the first in clients of 2025
// [CODE M1, P1, X1], the second in older ones [CODE M3, P2]. Every path ends
// in a slash, since a redirect would turn the POST into a GET [INF].
var prefixes = []string{"/cas/api/v1", "/api/v1"}

// appsRoute lists the apps of a stream [CODE M1, P1, X1].
const appsRoute = "/discovery/discovered_apps/"

// usersRoute is a way to ask for the users of an app.
type usersRoute struct {
	name    string // as a Dialect keeps it
	textApp bool   // the app id is sent as a string
	days    string // how the timeframe is sent first: daysText or daysNumber
	filters bool   // the body has an empty filter object
}

func (r usersRoute) routePath() string { return "/discovery/" + r.name + "/" }

// usersRoutes are the known ways, the likelier first. The first is what
// today's portal asks, seen with a portal session only [CODE X1]; the second
// was seen with an API token, in 2020 [CODE M2]. Neither's rows are shown by
// any source. A token may be refused by the one and not by the other [INF], so
// 403 leads on like 404.
var usersRoutes = []usersRoute{
	{name: "users", days: daysText, filters: true},
	{name: "app_users", textApp: true, days: daysNumber},
}

// pathWords are what the paths above consist of; they hold no id.
var pathWords = []string{"api", "cas", "v1", "discovery", "streams", "discovered_apps", "users", "app_users"}

// The two ways in which a timeframe of 7, 30 or 90 days is sent: "90" by the
// portal and a script with a token of 2025 [CODE X1, P1], 90 by Microsoft's
// module [CODE M1, M2]. The key is timeframe in all of them; the documented
// call for categories spells it timeFrame [DOC D7b].
const (
	daysText   = "text"
	daysNumber = "number"
)

// seenFields are the spellings of the sort by last activity, today's first
// [CODE X2, X1, M2] and the former one of the list of apps [CODE M1].
var seenFields = []string{"lastSeen", "lastUsed"}

// appColumns are the keys of an app's row. No source shows a whole row.
var appColumns = newColumnTable([columnCount]column{
	colID:       {"appId", "id"},                              // [CODE M1]; id as in Graph [DOC G1]
	colName:     {"name", "appName", "displayName"},           // [CODE M1, P1]; [INF]; [DOC G1]
	colTime:     {"lastSeen", "lastUsed", "lastSeenDateTime"}, // [CODE P2, X2, M1]; [DOC G1]
	colCategory: {"category", "categoryName"},                 // [CODE P2]
	colScore:    {"score", "riskScore"},                       // [CODE P2, X2]; [DOC G1]
	colUsers:    {"users", "usersCount", "userCount"},         // [CODE P2: "varies across tenants"]
	colTag:      {"tags", "appTags", "sanctionState"},         // [CODE P2]
	colVendor:   {"vendor", "vendorName", "publisher"},        // [DOC G6]; [INF]
	colWebsite: {"domains", "domainList", "allDomains", "domain", "website", "homepage", "url", "logonUrls", // [DOC G1]; [INF]; [DOC G6]
		"Domains", "appDomains", "domainNames", "domain_list", "hosts", "hostnames", "urls", "webSite", "homePageUrl", "siteUrl"}, // [INF]
	colEvents:     {"trafficTotalEvents", "transactions", "transactionsCount", "transactionCount"}, // [CODE M1, P2]; [INF]; [DOC G1]
	colBytes:      {"trafficTotalBytes", "traffic", "totalBytes"},                                  // [CODE M1]; [INF from X2]
	colUploaded:   {"trafficUploadedBytes", "uploadedBytes", "upload", "uploadNetworkTrafficInBytes", "uploadNetworkTraficInBytes"},
	colDownloaded: {"trafficDownloadedBytes", "downloadedBytes", "downloadNetworkTrafficInBytes", "downloadNetworkTraficInBytes"}, // [CODE M1, P2; DOC G1, P1 (sic)]
	colAddresses:  {"ipAddressesCount", "ips", "ipAddressCount"},                                                                  // [CODE M1, X2; DOC G1]
	colMachines:   {"machinesCount", "machines", "deviceCount"},                                                                   // [INF from X2; DOC G1]
})

// trafficColumns are the counters that every visit moves: a transaction is a log line
// [DOC P1]. That they do, within a timeframe, is what lets an increment leave an app
// alone; each session verifies it.
var trafficColumns = []int{colEvents, colBytes, colUploaded, colDownloaded}

// printColumns are what a row's fingerprint covers: traffic, and what else moves with
// it. Names, tags and scores are none of it, since records are compared in every
// session; nor is what no table lists, which may change with every answer.
var printColumns = append([]int{colUsers, colAddresses, colMachines, colTime}, trafficColumns...)

// domainKeys are those of an entry of the list of domains that is an object,
// without case and joints [INF].
var domainKeys = []string{"domain", "domainname", "name", "host", "hostname", "fqdn", "url", "uri", "address", "website", "value", "main", "primary", "domains", "items"}

// userColumns are the keys of a user's row: [INF] throughout, from sort fields,
// from Graph's userIdentifier [DOC G3] and from the columns that user enrichment
// gives [DOC M4: UserName, EnrichedUserName; CODE C9: RawUserName, RichUserName].
// Of several in a row that one counts whose values look most like user names;
// the order decides between equals.
var userColumns = newColumnTable([columnCount]column{
	colName: {"userName", "username", "name", "entityName", "userPrincipalName", "upn", "email", "mail", "emailAddress", "userEmail",
		"enrichedUserName", "richUserName", "rawUserName", "user", "account", "accountName", "accountUpn", "principalName", "login", "loginName",
		"samAccountName", "displayName", "fullName", "userIdentifier", "id", "_id"},
	colTime: {"lastSeen", "lastUsed", "lastSeenDateTime", "lastActivity"},
})

// nameHolders are keys of objects that may hold the name [INF].
var nameHolders = []string{"user", "account", "identity", "entity", "principal", "subject", "person", "profile", "userInfo", "userDetails",
	"actor", "member", "attributes", "properties", "data", "details"}

// innerKeys hold the name in objects that stand under a key of a name or a
// holder: {"emails": [{"value": …}]} [INF].
var innerKeys = []string{"value", "address", "label", "identifier"}

// nameWords are in keys that no list names and that may hold the user's name,
// such as primarySmtpAddress, aadUserName, accountId; otherWords are in those
// of somebody else's name, or of another of the user's [INF].
var nameWords = []string{"mail", "upn", "principal", "user", "account", "login", "smtp", "proxyaddress", "identifier", "samname", "sam", "actor", "member", "subject", "identity", "label", "value"}

var otherWords = []string{"manager", "managed", "owner", "boss", "supervisor", "creat", "modif", "updat", "chang", "sponsor", "approv", "assign", "admin", "support", "recover",
	"private", "personal", "alternat", "secondary", "previous", "former", "old", "other", "forward", "tenant", "group", "team", "contactperson", "deleg", "inviter", "invited",
	"parent", "report", "sender", "recipient", "host", "service", "home", "path", "dir", "share"}

// displayKeys may hold a name for people to read in place of an account [INF].
var displayKeys = []string{"name", "displayName", "fullName", "entityName", "id", "_id"}

// weakKeys count as a name or an id only in rows that have no better key: they
// may be a database key instead [INF].
var weakKeys = []string{"id", "_id"}

// streamColumns are the keys of a stream. The id is undocumented [CODE M8].
var streamColumns = newColumnTable([columnCount]column{
	colID:       {"_id", "id", "streamId"},
	colName:     {"displayName", "name"},
	colTime:     {"lastDataReceived"},
	colType:     {"streamType"},
	colLogType:  {"logType"},
	colAnon:     {"anonymizeUsers"},
	colEntities: {"supportedEntityTypes"},
	colSnapshot: {"snapshotData"},
})

// The wrappers of the list of streams: a "streams" key [CODE M8, S3, X3], a
// "data" key or none [CODE X3, P2], and the one bare object that the
// documentation shows [DOC D7].
var streamWrappers = []string{"streams", "data"}

// What a stream's numbers mean [DOC D7].
const (
	streamSnapshot = 5 // streamType: a snapshot report, not a live one
	entityUserName = 1 // supportedEntityTypes: the stream knows users
)

// Times come as milliseconds or seconds since 1970, whole or with a fraction,
// as numbers or as strings of digits [CODE E2, M5, M7; DOC D12], and as
// RFC 3339 with any number of digits after the second [CODE E2, M5; DOC D7].
// Other services of the vendor write the further forms that are read [INF]:
// +0000 for the zone, no zone, /Date(…)/, ticks, the month as a word. What is
// never guessed is which of two numbers is the month, and what zone EST is: a
// parser of any date in the world (araddon/dateparse, strict) took EST for UTC
// and "2026" for a day, so the forms are listed in timestamp.go instead.
// A time outside this range is no time: the range also tells the units apart,
// since what is seconds in one century is 1970 in milliseconds.
const (
	oldestSecond = 946_684_800   // 2000-01-01
	newestSecond = 4_102_444_800 // 2100-01-01
)

// timeLayouts are the forms of times whose month is a word: those of RFC 1123,
// 850, 822 and ANSI C, and the usual ones of people [INF].
var timeLayouts = []string{
	time.RFC1123, time.RFC1123Z, time.RFC850, time.RFC822, time.RFC822Z, time.ANSIC, time.UnixDate, time.RubyDate,
	"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 02 Jan 2006 15:04:05 Z", "Monday, January 2, 2006 3:04:05 PM", "Monday, January 2, 2006",
	"2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006", "2-Jan-2006 15:04:05", "2-Jan-2006",
	"Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04 PM", "Jan 2, 2006 15:04:05", "Jan 2, 2006 @ 15:04:05.000", "Jan 2, 2006", "Jan 2 2006 15:04:05",
	"Jan 2, 2006, 3:04 PM", "Jan 2, 2006 at 3:04 PM", "Jan 2, 2006 at 3:04:05 PM", "January 2, 2006 at 3:04 PM", "January 2, 2006 at 3:04:05 PM", "January 2, 2006 at 3:04:05 PM MST",
	"January 2, 2006 3:04 PM", "January 2, 2006 3:04:05 PM", "2 January 2006 15:04", "Mon 2 Jan 2006 15:04:05 MST", "Monday, 2 January 2006 15:04:05",
	"Mon, 2-Jan-2006 15:04:05 MST", "Mon Jan 2 2006 15:04:05 GMT-0700", "Mon Jan 2 2006", "02/Jan/2006:15:04:05 -0700",
	"January 2, 2006 15:04:05", "January 2, 2006", "2 January 2006 15:04:05", "2 January 2006", "2006-Jan-02 15:04:05", "2006-Jan-02",
}

// clockSlack is how far in the future, by the server's clock, a last activity
// may lie: logs carry the clocks of the machines that wrote them [INF]. What
// is beyond would never be corrected, as last activity only moves forward.
const clockSlack = 48 * time.Hour

// errorKeys mark an error in the body of an answer [CODE B1, E2, E4].
var errorKeys = []string{"error", "errors", "detail", "message"}

// fewRows is the size below which a page of nothing but bad rows may be bad
// luck, once the shape of rows is known.
const fewRows = 20
