// Package defender reads Microsoft Defender for Cloud Apps through the API of its
// portal: the streams (continuous reports), the apps discovered in a stream, and the
// users of an app with their last activity. It only reads, and knows nothing of
// Oomnitza.
//
//	client, err := defender.New(defender.Options{URL: url, Token: token, Limiter: limiter})
//	…
//	list, err := client.Streams(ctx)
//	chosen, warnings, err := defender.Choose(list.Streams, wanted)
//	apps, err := client.ReadApps(ctx, listing.AppQuery{Stream: id, Timeframe: 90})
//	users, err := client.ReadUsers(ctx, listing.UserQuery{Stream: id, App: app, Timeframe: 90})
//
// # Authentication
//
// A client is made for one tenant, from the address of its portal and a legacy API
// token, which is sent in the header Authorization. The token is sent to hosts of the
// vendor only, and to one more that the settings name. A 401 or 403 is asked again
// before it is believed, since gateways deny a good token now and then for a moment.
//
// # Rate limit
//
// The vendor allows 30 requests a minute for all clients of a tenant together [DOC
// D1]. Every request takes a slot of the tenant's budget, a ratelimit.Limiter. A 429
// is no error: the client waits for as long as the server asks and sends the request
// again, until ctx ends or the limiter is stopped.
//
// # Paging
//
// Lists are paged by skip and limit, at most 100 rows a page [DOC D1]. A page tells the
// skip of the next one, which is -1 at the end:
//
//	for q.Skip >= 0 {
//		page, err := client.ReadApps(ctx, q)
//		…
//		q.Skip, q.Known = page.Next, page.Dialect
//	}
//
// Rows can move between pages while a list is read. Package listing judges what came,
// and a server that ignores skip.
//
// # Dialects
//
// Microsoft does not document the lists of apps and users. What is assumed of them is
// in assumptions.go, with the evidence. What a tenant turned out to understand is its
// contract.Dialect, which a caller keeps and passes back, so that probing costs a
// handful of requests a session. Rows are decoded leniently: a row that can't be used is
// a listing.BadRow with a reason, and a page none of whose rows has a known shape is an
// error, never an empty result.
//
// # Errors
//
// A failed request is a *httpx.Error, whose Kind tells whether another attempt can help;
// a shape that nobody knows is httpx.KindContract and names the keys that were seen. A
// context's own error comes back wrapped.
//
// Marks such as [DOC D1] and [CODE M1] tell where a fact about the vendor comes from: DOC
// is Microsoft's documentation, CODE is other people's client code, INF is an inference.
// docs/vendors.md lists them.
package defender
