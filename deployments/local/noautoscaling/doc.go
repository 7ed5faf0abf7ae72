// Package autoscaledworkers stands in for go.temporal.io/auto-scaled-workers, with which
// a Temporal server starts workers on Kubernetes, AWS and Google's cloud. A server for one
// machine has none to start, and without that module some 350 of its 1,800 packages need
// not be compiled, among them the whole client of Kubernetes.
//
// It has what go.temporal.io/server uses of that module and nothing more: another version
// of the server that uses more does not compile, and is told by the compiler where.
// A worker deployment that is to start workers itself is refused with a clear error; all
// other worker versioning is the server's own and works.
package autoscaledworkers
