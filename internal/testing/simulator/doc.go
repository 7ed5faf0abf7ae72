// Package simulator is the two vendors' tenants, played over HTTP: a Defender
// for Cloud Apps tenant that discovers apps and their users, and an Oomnitza
// tenant that keeps apps, people and assignments. Tests, benchmarks and the
// local run talk to it in place of real tenants.
//
// It is as true to what is known of the vendors as can be. What they enforce,
// it enforces: 100 rows a page, a request budget over a sliding window, tokens,
// unique names, required fields. What they leave undocumented is a Variant that
// can be switched while it runs, and what can go wrong is a Fault on demand.
// Everything follows from a seed: the same Options give the same tenant, and
// the same request meets the same fate.
//
// Defender's side is computed, not stored: an app's users come out of hashes
// when they are asked for, so a million pairs cost no memory. Truth tells what
// that side really has, by the same rules but not over HTTP; Holdings tells
// what Oomnitza's side ended up holding; Requests tells what was asked of both
// and Violations what no well-behaved client would have done.
//
// It is no reference of either API: package comments and the marks [DOC],
// [CODE] and [INF] at each vendor fact say how much is known of it.
package simulator
