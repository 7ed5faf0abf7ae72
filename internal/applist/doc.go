// Package applist reads a stream's list of discovered apps, page by page.
//
// A page is checked before it counts: that the server turned to it, that its
// rows are in the order that was asked for, and, at the end of the list, that
// nothing is missing. An incremental session reads a list by last activity, down
// to its threshold; a list that turns out not to be sorted is read whole. What
// is known of a list travels from page to page in a contract.Walk, so that any
// worker can read the next one.
//
// A page that cannot be read costs that page alone, as long as others can be
// read; the apps on it are rejected without their names, and the next session
// reads everything.
package applist
