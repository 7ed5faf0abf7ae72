// Package metrics tells Prometheus of the product: its sessions and their rows, its
// requests and the budget, its notices and its own state. catalogue.go has every name.
//
// There are two kinds of metrics, which are aggregated in two ways.
//
// Metrics of the integration come from Temporal: every worker reads them anew each half
// minute, and tells the same as every other. They are right after a restart, since a
// session is counted in the memory of the watch, which judges each end once. Take the
// max of them over workers.
//
// Metrics of the worker are what this process did since it started. What it did in the
// seconds between the last scrape and a kill is lost; a request that was sent twice was
// sent twice. Take the sum of them over workers.
//
// No label holds a name of an app or a person, a URL, or anything that a peer said.
package metrics
