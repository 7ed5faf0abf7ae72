package simulator

import "slices"

// Unkind holds the switches of the unkind world: what real tenants, files and
// people do that no contract promises. Its zero value is kind. The switches
// stand by subject, one file each: unkind_rows.go, unkind_lists.go, …
type Unkind struct {
	Rows    RowSwitches    // what rows of Defender hold
	Lists   ListSwitches   // how Defender's lists behave
	People  PeopleSwitches // Oomnitza's people and assignments
	Records RecordSwitches // Oomnitza's SaaS records
	Answers AnswerSwitches // HTTP answers of either tenant
}

// Ending says what a session makes of a switch that is set.
type Ending uint8

const (
	// Exact: all is carried over as if the tenant were kind, and the session is Completed.
	Exact Ending = iota
	// Loud: what could not be carried over is counted among the rejects or
	// skips, and the session is Completed with errors, or Failed.
	Loud
	// Noted: all that can be known is carried over; what is in doubt stands in
	// the notes.
	Noted
	// Chance: what a session meets is up to when it looks. All is carried over,
	// or what is missing is told as in Loud.
	Chance
	// Later: what rows of apps do not tell of may be missing until the next
	// full session. All else is carried over as in Exact.
	Later
)

// World is one switch of the unkind world, as the end-to-end tests go through
// them.
type World struct {
	Name string         // what the tenant does: "Defender ignores the sort"
	Set  func(*Options) // sets the switch on tenants that are kind otherwise
	Ends Ending
}

// ListWorlds lists all switches, each in the forms that tests try.
func ListWorlds() []World {
	return slices.Concat(rowWorlds(), listWorlds(), peopleWorlds(), recordWorlds(), answerWorlds())
}
