// Package listing judges a list that is read page by page: whether its rows
// come in the order that was asked for, and whether all of them were shown. A
// list may change while it is read, and what a peer says about it may be wrong;
// the judgement allows for both.
//
// The package knows no peer and sends no request. The readers of apps and of
// users decide what a judgement means for the session.
package listing
