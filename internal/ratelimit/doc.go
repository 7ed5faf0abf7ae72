// Package ratelimit keeps a client within what its peer allows: a request budget
// over a sliding window, what a peer says about when to come back, and pauses
// between tries. It knows nothing of HTTP beyond the header it reads, and
// nothing of either vendor.
package ratelimit
