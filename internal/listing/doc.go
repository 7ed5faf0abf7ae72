// Package listing reads lists page by page, and copes with lists that move
// meanwhile and with what a peer says wrongly about them. A Reader decides which
// page is asked for next and judges at the end whether all rows were shown; Order
// and Length are its rules, for readers that keep no state of their own.
//
// The package sends no request. The readers of apps and of users decide what a
// judgement means for the session.
package listing
