package activities

import (
	"context"
	"strings"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// appWrite is the writing of one app's record.
type appWrite struct {
	run     *appsRun
	app     saas.App
	at      int // index among the page's apps
	d       saas.Settled
	current saas.Record // as found; zero where there is none
	try     int

	done  bool
	moved bool // the name that the record had is free
}

// carryOut brings the app's record into being or up to date.
func (w *appWrite) carryOut(ctx context.Context) {
	w.done = true
	r := w.run
	out := &r.outcomes[w.at]
	*out = appOutcome{ref: contract.AppRef{App: w.app.ID, SaaS: w.d.ID, Users: w.app.Users}}
	if own := r.in.Policy.Threshold(w.app.Name); own != r.in.Policy.Threshold("") {
		out.ref.Threshold = own
	}
	switch {
	case w.d.Action == saas.ActionAdopt:
		out.did.Adopted++
		r.failures[w.at] = nil
	case w.d.Action == saas.ActionUseOurs:
		out.ref.Ours, out.ref.Visited = true, w.current.ActiveUsers
		r.failures[w.at] = w.update(ctx, out)
	case r.in.DryRun != "":
		out.ref.Ours, out.ref.SaaS = true, saas.ImaginaryID(w.app.ID)
		if r.a.rehearsal.app(r.in.DryRun, w.app.ID) {
			out.did.Created++
		} else {
			out.did.Unchanged++
		}
	default:
		out.ref.Ours = true
		out.did.Created++
		r.failures[w.at] = w.create(ctx, out)
		r.created[w.at] = true
	}
}

// update writes the fields that differ.
func (w *appWrite) update(ctx context.Context, out *appOutcome) error {
	r := w.run
	counts := &out.did.Updated
	if r.created[w.at] { // by the try before, whose answer was lost
		counts = &out.did.Created
	}
	name := w.nameNow()
	for {
		want := r.wanted(w.app, name, w.current)
		if sameRecord(want, w.current) {
			if !r.created[w.at] {
				counts = &out.did.Unchanged
			}
			*counts++
			return nil
		}
		if r.in.DryRun != "" {
			*counts++
			return nil
		}
		err := w.offerChange(ctx, want)
		if httpx.KindOf(err) == httpx.KindConflict && want.Name != w.current.Name {
			// A record that we can't see is in the way; the next name will do.
			r.remember(saas.FieldName, want.Name, said(err))
			name = w.nextName(want.Name)
			continue
		}
		if err == nil {
			*counts++
			w.moved = saas.NameKey(want.Name) != saas.NameKey(w.current.Name)
		}
		return err
	}
}

// nameNow is the name that the record is to have: that of the decision, unless
// it is known not to be taken.
func (w *appWrite) nameNow() string {
	words, untaken := w.run.isUntaken(saas.FieldName, w.d.Name)
	switch {
	case !untaken:
		return w.d.Name
	case words == "" && w.current.ID != "": // stored otherwise
		return w.current.Name
	}
	return w.nextName(w.d.Name)
}

// nextName is what an app's record is called when a name is taken: one with
// the app's id in it, or the one it has where it has such a name already.
func (w *appWrite) nextName(name string) string {
	long, short := saas.LongName(w.app), saas.ShortName(w.app)
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

// park gives the record's name up before it can have its new one, because the
// records of a circle of renamed apps wait for each other.
func (w *appWrite) park(ctx context.Context) {
	change := w.current
	change.Name = saas.LongName(w.app)
	if err := w.run.a.oomnitza.PatchSaaS(ctx, w.current, change); err != nil {
		w.d.Name, w.d.After = change.Name, -1
		return
	}
	w.current.Name, w.moved = change.Name, true
}

// wanted is the record as Defender's app would have it, over what is there. A
// field that Defender does not know keeps what it has, and so does one whose
// value Oomnitza is known not to take or has in a form of its own.
func (r *appsRun) wanted(app saas.App, name string, current saas.Record) saas.Record {
	f := saas.MapApp(app)
	wished := current
	wished.Source, wished.LinkKey, wished.CreatedBy = f.Source, f.LinkKey, current.CreatedBy
	if current.CreatedBy == "" {
		wished.CreatedBy = r.in.Policy.IntegrationUser
	}
	wished.Category, wished.Vendor, wished.Website = f.Category, f.Vendor, saas.KeepWebsite(current.Website, app)
	want := current
	if want.Name = name; current.ID != "" && saas.StoredAs(name, current.Name) {
		want.Name = current.Name
	}
	for _, field := range current.Changes(wished) {
		value := wished.Get(field)
		words, untaken := r.isUntaken(field, value)
		switch {
		case strings.TrimSpace(value) == "":
		case current.ID != "" && sameStored(field, value, current.Get(field)):
		case untaken:
			r.noteUntaken(field, words)
		default:
			want = want.With(wished, field)
		}
	}
	return want
}

// sameRecord compares the fields that we write. Every record of ours was made
// with its link key: one without it is of a tenant that keeps none, and would
// be written in every session.
func sameRecord(want, have saas.Record) bool {
	if want.Name != have.Name {
		return false
	}
	for _, f := range have.Changes(want) {
		if f != saas.FieldLinkKey || have.LinkKey != "" {
			return false
		}
	}
	return true
}

// sameStored reports whether a field holds what a tenant makes of a value that
// it was sent: a website gets a scheme and a slash, a text is escaped.
func sameStored(f saas.Field, sent, have string) bool {
	if f == saas.FieldWebsite {
		return bareURL(sent) == bareURL(have)
	}
	return f != saas.FieldLinkKey && have != "" && saas.StoredAs(sent, have)
}

func bareURL(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimRight(s, "/.")
}
