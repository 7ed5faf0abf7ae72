// Package changelist keeps what a dry run would write, line by line, until it is
// written down: apps with each field's value before and after, people to create, and
// assignments. The engines note what they would do; a List merges what two streams say
// of one app, so that a line tells what the whole session would have changed.
//
// Apps are held in memory, some 500 bytes each. People and assignments are in a
// temporary file that only its owner may read and that is gone with the process: a
// million of them take 2 MB of memory.
//
// What a tenant refuses only shows when it is written. A List holds what would be sent.
package changelist
