// Package workflows orchestrates: it decides what happens in which order, and
// what becomes of failures. It is deterministic and does nothing itself; the
// work is done by activities, whose names and types are in package contract.
//
// There are four workflows:
//   - Session is one synchronization session, as an operator sees it in the Web
//     UI's list. It runs Sync as a child.
//   - Sync carries the tenant over, a page of apps at a time. Its workflow id is
//     the same for every session of an integration, and Temporal runs one
//     workflow of an id at a time. That is the lane: sessions never overlap.
//   - Watch observes the sessions of an integration and has notices sent.
//   - Report makes a report and mails it.
//
// Histories of workflows that run have to replay under new code: see
// versions.go before you change the order of commands.
package workflows
