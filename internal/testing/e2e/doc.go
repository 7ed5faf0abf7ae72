// Package e2e tests the product from end to end: real processes on a real
// Temporal server against simulated tenants. Every test compares the whole of
// what Oomnitza ended up holding with what an oracle computes from the
// simulated Defender by other means than the product's.
package e2e
