package oomnitza

import (
	"time"

	"defendersync/internal/saas"
)

// Marks of evidence: [DOC] Oomnitza's help pages or its OpenAPI description of
// 2022, [CODE] seen in a public client only, [WIRE] recorded from Oomnitza's
// own connector, [INF] inferred.

// Paths [DOC OpenAPI].
const (
	pathSaaS  = "/api/v3/saas"
	pathUsers = "/api/v3/users"
	pathSeats = "/api/v3/saas_users" // users of all apps
	pathUses  = "/software/saas"     // below a person: the apps they are assigned to
)

// pathWords are what the paths above consist of; they hold no id.
var pathWords = []string{"api", "v3", "saas", "users", "saas_users", "software"}

// Headers.
const (
	headerToken    = "Authorization2"                   // raw token [DOC HC:17200339347991]
	headerCSRF     = "X-CSRF-Token"                     // of earlier answers, echoed [WIRE]
	headerNoWF     = "Oomnitza-Not-Trigger-WF"          // [DOC HC:13082613286167]
	headerNoMeta   = "Oomnitza-Ignore-Meta-Restriction" // [DOC HC:13082613286167, OpenAPI of the saas writes]
	headerTotal    = "X-Total-Count"                    // all rows of a list [CODE ChefAustin/oomnitza]
	headerYes      = "1"
	queryLimit     = "limit"  // [DOC OpenAPI]
	querySkip      = "skip"   // [DOC OpenAPI]
	queryFilter    = "filter" // [DOC OpenAPI]
	querySort      = "sortby" // [DOC OpenAPI]
	operatorIn     = "IN"     // username IN ["a","b"] [DOC HC:6515498409879]
	operatorLike   = "LIKE"   // username LIKE "a%" [DOC HC:6515498409879]
	operatorEquals = "eq"     // role eq 25; numbers unquoted [DOC operator; CODE creation_date gt 0]
)

// sortByID is the order in which all SaaS records are read: new ones then come
// last. The parameter and the field are documented [DOC OpenAPI], and that a
// field stands before asc or desc is seen [CODE creation_date asc]; that ids
// grow is not needed, only that the order stays [INF].
const sortByID = "saas_id asc"

// Fields of a SaaS record [DOC OpenAPI].
const (
	fieldSaaSName     = "saas_name"
	fieldSource       = "source"
	fieldCategory     = "category"
	fieldPublisher    = "publisher" // shown as Vendor [INF]
	fieldURL          = "url"       // shown as Website [INF]
	fieldVisited      = "visited"   // shown as Total Active Users [INF]
	fieldLinkKey      = "link_key"  // free for an integration's own id [INF]; ours hold "defender-app:<id>"
	fieldLinked       = "linked"    // a string; meaning unknown
	fieldIgnored      = "ignored"   // a string; meaning unknown
	fieldHash         = "hash"      // a boolean; meaning unknown
	fieldChangeDate   = "changedate"
	fieldChangedBy    = "changedby"
	fieldCreationDate = "creationdate"
	fieldCreatedBy    = "createdby" // shown as Created by [INF]; the server fills it in from the token [DOC HC:360026524754]
)

// requiredKeys are the fields that a change of a record has to name [DOC
// OpenAPI: required].
var requiredKeys = []string{fieldSaaSName, fieldSource, fieldLinkKey, fieldHash, fieldIgnored, fieldLinked,
	fieldChangeDate, fieldChangedBy, fieldCreationDate, fieldCreatedBy}

// What says that a record is no longer in use. "deleted" is documented, as text
// that shows "0" [DOC OpenAPI]; that it is set on a deleted record, and the
// other keys and words, are inferred from Oomnitza's talk of archiving
// [DOC HC:24039405771031; INF].
var (
	goneKeys  = []string{"deleted", "is_deleted", "deleted_at", "deletion_date", "archived", "is_archived", "archived_at"}
	stateKeys = []string{"status", "state"}
	goneWords = []string{"deleted", "archived", "retired", "removed", "trashed", "disposed"}
)

// A create has to name all required fields [DOC OpenAPI], which cannot be
// meant for those that the server fills in [INF]; these stand in for them.
const (
	newIgnored = "0"
	newLinked  = "0"
)

// Keys of an app's role that a user has, the one for people first [DOC OpenAPI,
// which shows one object under "roles"; a list of them INF].
var seatRoleKeys = []string{"role_external_label", "role_external_id", "role_id"}

// Fields of a person [DOC OpenAPI].
const (
	fieldUsername  = "username" // the primary identifier [DOC HC:360023748434]
	fieldEmail     = "email"
	fieldFirstName = "first_name"
	fieldLastName  = "last_name"
	fieldRole      = "role"      // a number; some writers send text [WIRE]
	fieldSuspended = "suspended" // Restrict access [INF]
	fieldUserID    = "user_id"
	fieldLastVisit = "last_visit" // of an assigned user
	fieldFullName  = "full_name"
	fieldRoles     = "roles" // of an assigned user, in the app
)

// Candidate keys of what a row must have, the documented one first.
var (
	saasIDKeys     = []string{"saas_id", "id"} // a number in records, text in the answer to POST [DOC OpenAPI]
	saasNameKeys   = []string{fieldSaaSName, "name"}
	personIDKeys   = []string{"user_id", "id"} // user_id is what SaaS assignment takes [DOC]
	personNameKeys = []string{fieldUsername, "user"}
)

// Keys of an object that stands where "Created by" is text, the one that tells
// most first [INF].
var creatorKeys = []string{"username", "userName", "user", "email", "mail", "full_name", "fullName", "display_name", "displayName", "name", "label",
	"user_id", "userId", "id", "uid", "value", "person", "account"}

// How a row tells that a person is no longer there. Documented is deleted, as
// text, of which "0" was seen; the other spellings are usual elsewhere [INF].
var (
	deletedKeys  = []string{"deleted", "is_deleted", "deleted_at", "deleted_date", "deletion_date", "removed", "archived", "is_archived"}
	deletedWords = []string{"deleted", "removed", "archived", "purged"}
	activeKeys   = []string{"active", "is_active", "enabled", "is_enabled"} // false: as good as suspended
	blockedKeys  = []string{fieldSuspended, "is_suspended", "disabled", "is_disabled", "blocked"}
	blockedWords = []string{"suspended", "inactive", "disabled", "deactivated", "blocked", "terminated", "offboarded"}
	statusKeys   = []string{"status", "state", "user_status", "account_status"}
)

// seatAppKeys are how a row of the list of all apps' users may name its app:
// none is documented [INF].
var seatAppKeys = []string{"saas_id", "saas", "app_id"}

// Where an answer of 200 keeps errors: {"errors":[…]} [CODE oomnitza-node],
// [{"saas_user_id":…,"error":null or text}] [DOC activate], a role's {"user_id":…,
// "errors":[…]} [DOC OpenAPI]; the others of their kind [INF].
var (
	errorKeys   = []string{"error", "errors", "error_message", "message", "detail", "reason"}
	failureKeys = []string{"errors", "error", "failed", "failures", "rejected"}
	resultKeys  = []string{"results", "result", "data", "users", "items"}
	rowIDKeys   = []string{"user_id", "saas_user_id", "id", "user", "users"}
)

// goodWords and badWords are how an answer without errors in it, or a status in
// it, says how it went [INF].
var (
	goodWords = []string{"", "ok", "success", "successful", "done", "true", "created", "updated", "assigned"}
	badWords  = []string{"error", "fail", "reject", "refuse", "invalid", "denied"}
)

// fieldWords are how a refusal names a field that it takes offence at: by the
// API's key or by what the pages call it [INF].
var fieldWords = map[saas.Field][]string{
	saas.FieldCategory:  {"category", "categories"},
	saas.FieldVendor:    {"publisher", "vendor"},
	saas.FieldWebsite:   {"url", "uri", "website", "web site", "web address", "domain"},
	saas.FieldCreatedBy: {"createdby", "created_by", "creator"},
	saas.FieldSource:    {"source"},
	saas.FieldLinkKey:   {"link_key", "linkkey"},
}

// conflictWords are how a refusal says that a unique name is taken. That names
// of SaaS records and of people are unique is documented [DOC HC:5467502004119,
// HC:360060978854]; the words are not [INF].
var conflictWords = []string{"already exist", "already taken", "already in use", "already used", "is taken", "duplicate", "unique"}

const (
	// pageSize is how many rows a list is asked for. The default is 200 [CODE
	// oomnitza-sdk-node]; clients use 500 to 2,000 [CODE]; the maximum is
	// unknown.
	pageSize = 500
	// roundPage makes a page that is shorter than asked for, but of a round
	// number of rows, look like a server's own cap where nothing tells the
	// total: known caps are multiples of it [INF].
	roundPage = 50
	// fewRows is how long a list must be before its length may be a server's
	// own cap, where nothing else speaks for one [INF].
	fewRows = 20
	// longestCap is the longest list that may be cut off by a server's own cap
	// without telling: caps are meant to keep answers short [INF].
	longestCap = 10_000
	// wholeLimit is what a list is asked for that does not turn its pages: more
	// than any app has users.
	wholeLimit = 100_000
	// maxFilter bounds a filter, encoded, in bytes: with the rest of the
	// request line it stays below 4,094, the smallest bound in common use.
	maxFilter = 3500
	// slowAfter is how long an answer may take before it counts as a sign of
	// congestion [INF].
	slowAfter = 10 * time.Second
	// milliseconds is where Unix seconds end and milliseconds begin when a
	// time is told as a number: documented are seconds [DOC OpenAPI].
	milliseconds = 1e11
)
