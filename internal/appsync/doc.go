// Package appsync gives every discovered app its SaaS record: it finds the
// record that stands for the app, or makes one, and keeps the fields that are
// ours as Defender has them. Users are not its subject; see usersync.
//
// An Engine takes a page of apps and goes about it in rounds. A round looks the
// records up (match.go), decides whose they are (claims.go and saas.Match), and
// writes what differs (write.go, create.go, fields.go), several apps side by
// side and those first whose names others wait for. What fails is judged
// (judge.go): the tenant's fault ends the page with an error, the fault of one
// app rejects that app alone, and all else is tried again in another round.
//
// Every page may be carried over twice, so nothing is created before it was
// looked for, and an answer that was lost is followed by another look.
//
// The package knows neither Temporal nor a vendor's API. Target is what it needs
// of the tenant. A dry run is a Target that reads the tenant and writes to
// memory.
package appsync
