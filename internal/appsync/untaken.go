package appsync

import (
	"fmt"

	"defendersync/internal/saas"
)

// The notes about fields of records.
const (
	NoteFieldRefused = "Oomnitza does not take the %s of some apps, which is left out: %s"
	NoteFieldStored  = "Oomnitza stores the %s of some apps otherwise than it was sent, and keeps its own form"
	NoteNameTaken    = "Oomnitza does not take the name of some apps, whose records are called Name (id): %s"
)

// isUntaken reports whether a value is known not to be taken, and the tenant's
// words about it; they are empty where it stores the value otherwise.
func (r *pageRun) isUntaken(f saas.Field, value string) (words string, untaken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.untaken.RefusalOf(string(f), value), r.untaken.Has(string(f), value)
}

// rememberUntaken notes that a value is not taken, and the tenant's words about it;
// empty words mean that it stores the value otherwise.
func (r *pageRun) rememberUntaken(f saas.Field, value, words string) {
	r.mu.Lock()
	r.untaken.Add(string(f), value, words)
	r.mu.Unlock()
	r.noteUntaken(f, words)
}

// noteUntaken notes a field that is not as Defender has it, in the words that
// the tenant first had for it.
func (r *pageRun) noteUntaken(f saas.Field, words string) {
	if words != "" {
		r.mu.Lock()
		words = r.untaken.FirstRefusal(string(f), words)
		r.mu.Unlock()
	}
	switch {
	case f == saas.FieldName && words != "":
		r.notes.Add(fmt.Sprintf(NoteNameTaken, words))
	case words != "":
		r.notes.Add(fmt.Sprintf(NoteFieldRefused, f.Label(), words))
	default:
		r.notes.Add(fmt.Sprintf(NoteFieldStored, f.Label()))
	}
}
