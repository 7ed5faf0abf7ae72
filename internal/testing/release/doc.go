// Package release tests what a release goes by: VERSION, CHANGELOG.md and the
// check of replay fixtures, .ci/fixtures.
package release
