// Package cluster runs the product as a cluster does, without containers: Temporal
// on PostgreSQL, its services in processes of their own, several integrations, and
// several workers of each. Everything in it can be killed, frozen, restarted or cut
// off while it works. The program in cmd/cluster keeps one up to be tried; the tests
// put it under faults and compare what is left in the tenants with the oracle.
package cluster
