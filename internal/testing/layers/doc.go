// Package layers holds the direction of the project's imports, by its tests: a
// package imports only packages of layers below its own, a few links are barred
// altogether, and docs/architecture.md shows the packages as they are.
//
// A new package needs a line in layers.go and one in the layout of
// docs/architecture.md; the tests say what is missing.
package layers
