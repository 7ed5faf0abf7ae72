// Package prints holds the rules by which an incremental session leaves apps
// alone whose rows say that they have no news: what a row's fingerprint is, how a
// set of fingerprints is written, and which of these apps are read all the same,
// to verify that the rows can be trusted.
//
// A fingerprint covers what moves with an app's traffic and nothing else, so two
// equal ones of one stream and timeframe say that nobody used the app in between.
// It knows nothing of Temporal, Defender or the contract.
package prints
