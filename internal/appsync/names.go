package appsync

import (
	"context"

	"defendersync/internal/saas"
)

// currentName returns the name that the record is to have: that of the decision,
// unless it is known not to be taken.
func (w *write) currentName() string {
	words, untaken := w.run.isUntaken(saas.FieldName, w.decision.Name)
	switch {
	case !untaken:
		return w.decision.Name
	case words == "" && w.current.ID != "": // stored otherwise
		return w.current.Name
	}
	return w.nextName(w.decision.Name)
}

// nextName returns what an app's record is called when a name is taken: one with
// the app's id in it, or its present name where it has such a name already; ""
// where no further name is left.
func (w *write) nextName(name string) string {
	long, short := saas.LongName(w.item.app), saas.ShortName(w.item.app)
	switch {
	case w.current.ID != "" && (saas.StoredAs(long, w.current.Name) || saas.StoredAs(short, w.current.Name)):
		return w.current.Name
	case name != long && name != short:
		return long
	case name == long && short != long:
		return short
	case w.current.ID != "":
		return w.current.Name
	}
	return ""
}

// parkName gives the record's name up before its new one is free, because the
// records of a circle of renamed apps wait for each other.
func (w *write) parkName(ctx context.Context) {
	change := w.current
	change.Name = saas.LongName(w.item.app)
	if _, err := w.run.target.WriteSaaS(ctx, w.current, change); err != nil {
		w.decision.Name, w.decision.After = change.Name, -1
		return
	}
	w.current.Name, w.renamed = change.Name, true
}
