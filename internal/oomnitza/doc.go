// Package oomnitza is a client of Oomnitza's REST API v3: it looks up and
// writes SaaS records, people, and who uses what. It knows nothing of
// Defender.
//
// # Authentication
//
// Every request carries the API token in the header Authorization2, and the
// X-CSRF-Token that an earlier answer brought. What is written shows as
// written by the user whom the token acts for. Writes carry
// Oomnitza-Not-Trigger-WF, so that a sync doesn't start a workflow of the
// tenant per record.
//
// # Pace and retries
//
// Oomnitza publishes no rate limit, so the client adapts: a ratelimit.Gate bounds
// the requests in flight. A 429 is waited out and never an error. Calls that
// may be repeated harmlessly (reads, PATCH, Assign) are tried again quickly a
// few times when the network or the server fails; creates are not, since the
// first try may have come through: after such an error, look before creating
// again.
//
// # Errors
//
// A failed request is a *httpx.Error. An answer that is well-formed but not of
// a shape that is known is KindContract and names the keys that were seen. A
// context's own error comes back wrapped. User names and the token never
// appear in the client's own words.
//
// # Assumptions
//
// What Oomnitza does not document is gathered in assumptions.go, beside the
// evidence for it.
package oomnitza
