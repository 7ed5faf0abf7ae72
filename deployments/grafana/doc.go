// Package grafana holds the dashboard in defendersync.json, and a test of its form by
// Grafana's own types. It is a module of its own, so that those are none of the product's.
package grafana
