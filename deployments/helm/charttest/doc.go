// Package charttest holds the tests of the Helm chart: Helm itself lints and renders it
// with the examples' values and others, each object is decoded strictly as the type that
// Kubernetes' API has for it, and what an installation relies on is asserted of the
// objects. It is a module of its own, since Helm and Kubernetes are large.
//
// With -update, the tests write what is made of the product's settings into the chart.
package charttest
