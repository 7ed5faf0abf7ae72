// Package defender reads Microsoft Defender for Cloud Apps through the API of
// its portal: the streams (continuous reports), the apps discovered in a
// stream and the users of an app with their last activity. It only reads, and
// knows nothing of Oomnitza.
//
// A Client is made for one tenant from the portal's address and a legacy API
// token. Every request takes a slot of the tenant's budget (package ratelimit),
// since the vendor allows 30 a minute for all clients of a tenant together
// [DOC D1]; an answer of 429 is waited out here, for as long as the server
// says, and a denial is looked at again before it is believed. Any other
// failure comes back at once as a *httpx.Error, whose Kind says whether trying
// again can help.
//
// Lists are paged by skip and limit, at most 100 rows a page [DOC D1]:
//
//	page, err := client.Apps(ctx, defender.AppsQuery{Stream: id, Timeframe: 90, Sort: defender.SortName})
//	for err == nil && page.Next >= 0 {
//		err = walk.Accept(page.Fingerprint, skip)
//		…
//	}
//
// Rows can move between pages while a list is read; the caller merges what
// comes twice. A Walk notices a server that ignores skip.
//
// The lists of apps and users are not documented by Microsoft. What is assumed
// of them stands, with its evidence, in assumptions.go; what a tenant turned
// out to understand is its Dialect, which a caller keeps and passes back, so
// that probing costs a handful of requests per session. Rows are decoded
// leniently, but a page that shows no shape we know is an error of
// httpx.KindContract that names the keys seen, never an empty result.
//
// Marks such as [DOC D1] and [CODE M1] tell where a fact about the vendor comes
// from: DOC is Microsoft's documentation, CODE is other people's client code,
// INF is an inference.
package defender
