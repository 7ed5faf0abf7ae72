// Package standards reads deployments/compose and the Dockerfiles by the libraries
// that Docker's current tools are made of: compose-go, which Docker Compose 2 is built
// on, and BuildKit's own parser and linter. It is a module of its own, so that these
// libraries are none of the product's.
package standards
