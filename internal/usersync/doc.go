// Package usersync carries the users of a page of apps from a Source to a
// Target: it reads their lists, maps rows to people, finds or creates these and
// assigns who is new or newer. What is safely written is in a checkpoint, from
// which another attempt goes on, here or on another machine.
//
// It knows neither Temporal nor a vendor: package activities gives it a
// checkpoint to begin with and a func that saves one; package tenants makes a
// Source and a Target of the clients.
//
// An Engine serves a worker. It runs one attempt at a time (run.go): a loop owns
// all of its state and takes in events one by one (events.go). Goroutines only
// read pages, write them and wait; each ends by posting an event.
package usersync
