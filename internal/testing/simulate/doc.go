// Package simulate runs the product in simulated worlds: whole sessions of its
// real workflows, activities, mapping rules and clients against the tenants of
// package simulator, in the virtual time of testing/synctest. Nothing is sent
// anywhere: requests go to the tenants' handlers within the process.
//
// A world is drawn from a seed: how much there is, which switches of the unkind
// world are set, what goes wrong with requests before and after they land, when
// workers die, stop and sessions are cancelled, and what the days bring. After
// each session all that Oomnitza holds is compared with the oracle: what is
// missing has to be among the rejects, and nothing may be wrong, doubled,
// deleted or moved backwards. The same seed does the same again, to the
// nanosecond; Outcome.Trace tells by a hash. What decides in which order things
// happen is the conductor.
//
// The models are the simulators of FoundationDB and TigerBeetle. It is no test
// of Temporal: the SDK's test environment runs the workflows, and host plays
// what a Temporal server does for activities.
package simulate
