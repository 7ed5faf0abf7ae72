// Package oomnitza is a client of Oomnitza's REST API v3: it looks up and writes SaaS
// records, people, and who is assigned to a record. It knows nothing of Defender.
//
//	client, err := oomnitza.New(oomnitza.Options{URL: url, Token: token})
//	…
//	records, err := client.FindSaaS(ctx, linkKeys, names)
//	people, err := client.FindPeople(ctx, usernames)
//	refused, err := client.Assign(ctx, record.ID, assignments)
//
// # Authentication
//
// Every request carries the API token in the header Authorization2, and the X-CSRF-Token
// of an earlier answer. The tenant shows the user whom the token belongs to as the author
// of what is written. Writes carry Oomnitza-Not-Trigger-WF, so that a session does not
// start one of the tenant's workflows for each record.
//
// # Rate limit and retries
//
// Oomnitza publishes no rate limit, so the client adapts: a ratelimit.Gate bounds the
// requests in flight. A 429 is no error but a pause, unless one request alone gets it
// again and again. Calls that may be repeated without harm (reads, PATCH, Assign) are
// sent again a few times, within seconds, when the network or the server fails. Creates
// are not, since the first attempt may have succeeded: after such an error, look the
// record or person up before creating it again.
//
// # Paging
//
// Lists are asked for by limit and skip, 500 rows a page, and read to their end: by
// X-Total-Count where the tenant sends it, else until a page is short. The users of an app
// may be a single answer of any length, which is decoded row by row as it arrives; a list
// that can't be read whole ends with httpx.KindContract and ErrCutOff, after all has been
// handed out that can be had.
//
// # Errors
//
// A failed request is a *httpx.Error. An answer that is well-formed but not of a known
// shape is httpx.KindContract and names the keys that were seen. A context's own error
// comes back wrapped. [Client.Blame] decides whose fault a failing write is: the row's or
// the tenant's. No error shows a user name or the token in the client's own words.
//
// What Oomnitza does not document is in assumptions.go, with the evidence; docs/vendors.md
// lists it.
package oomnitza
