package changelist

import (
	"slices"
	"strconv"

	"defendersync/internal/saas"
)

// Action is what would be done about an app's record in Oomnitza.
type Action string

// The actions.
const (
	ActionCreate Action = "create" // the record is made
	ActionAdopt  Action = "adopt"  // somebody else's record gets the app's users
	ActionChange Action = "change" // fields of the record are changed
	ActionKeep   Action = "keep"   // nothing is changed
)

// FieldTotal stands for Total Active Users among the fields of a record.
const FieldTotal saas.Field = "visitedusers"

// Change is one field of a record that would be changed.
type Change struct {
	Field         saas.Field
	Before, After string
}

// App is an app and its record.
type App struct {
	ID       string // Defender's
	Name     string // in Defender
	RecordID string // Oomnitza's; of a record to be made, one that only this run knows
	Record   string // the record's name, as it would be
	Action   Action
	Changes  []Change
	Assigned int // people who would be assigned, or assigned anew with a later activity
}

// changeFields lists in what a record would differ.
func changeFields(before, after saas.Record) (out []Change) {
	for _, f := range append([]saas.Field{saas.FieldName}, saas.OptionalFields()...) {
		if was, will := before.Get(f), after.Get(f); was != will {
			out = append(out, Change{f, was, will})
		}
	}
	return out
}

// merge takes in what another part of the session would do about the same record: its
// changes are those of the session so far, but for the number of users.
func (a *App) merge(later App) {
	a.Record = later.Record
	if a.Action == ActionKeep {
		a.Action = later.Action
	}
	total := slices.DeleteFunc(a.Changes, func(c Change) bool { return c.Field != FieldTotal })
	a.Changes = append(later.Changes, total...)
}

// setTotal takes in another change of Total Active Users.
func (a *App) setTotal(before, after int) {
	c := Change{FieldTotal, formatTotal(before), formatTotal(after)}
	at := slices.IndexFunc(a.Changes, func(known Change) bool { return known.Field == c.Field })
	switch {
	case at < 0 && c.Before != c.After:
		a.Changes = append(a.Changes, c)
	case at >= 0 && a.Changes[at].Before == c.After:
		a.Changes = slices.Delete(a.Changes, at, at+1)
	case at >= 0:
		a.Changes[at].After = c.After
	}
}

// settleAction returns the app as it is listed: a record whose changes come to nothing
// is kept, and one of which only the number of users changes is changed.
func (a App) settleAction() App {
	switch {
	case a.Action == ActionChange && len(a.Changes) == 0:
		a.Action = ActionKeep
	case a.Action == ActionKeep && len(a.Changes) > 0:
		a.Action = ActionChange
	}
	a.Changes = slices.Clone(a.Changes)
	return a
}

// formatTotal is a number of users as a field's value; nobody is an empty field.
func formatTotal(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
