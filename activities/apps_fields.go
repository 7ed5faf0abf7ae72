package activities

import (
	"context"
	"fmt"
	"slices"

	"defendersync/internal/culprit"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// offer is a write of a record whose optional fields may each be refused.
type offer struct {
	want   saas.Record
	fields []saas.Field
	send   func(context.Context, []saas.Field) error // the write with these fields
	bare   func(context.Context) error               // without any
	add    func(context.Context, []saas.Field) error // these to what bare wrote
}

// offerNew makes a record with all fields that the tenant takes.
func (w *appWrite) offerNew(ctx context.Context, want saas.Record) (id string, err error) {
	c := w.run.a.oomnitza
	empty := saas.Record{Name: want.Name}
	var made saas.Record
	o := offer{want: want, fields: empty.Changes(want)}
	o.send = func(ctx context.Context, fields []saas.Field) (err error) {
		if id, err = c.CreateSaaS(ctx, empty.With(want, fields...)); err == nil {
			w.run.claim(id, w.app, want.Name)
		}
		return err
	}
	o.bare = func(ctx context.Context) error {
		// With the link key, if it is taken: whatever happens before the other
		// fields are written, the record is known as this app's.
		err := o.send(ctx, []saas.Field{saas.FieldLinkKey})
		if err != nil && w.refuses(ctx, err) {
			err = o.send(ctx, nil)
		}
		if err == nil {
			made, err = c.GetSaaS(ctx, id)
		}
		return err
	}
	o.add = func(ctx context.Context, fields []saas.Field) error {
		return w.change(ctx, &made, want, besidesCreator(made, fields))
	}
	return id, w.offer(ctx, o)
}

// besidesCreator leaves the creator out where the record shows one, in whatever
// form: that is the tenant's to tell.
func besidesCreator(made saas.Record, fields []saas.Field) []saas.Field {
	if made.CreatedBy == "" {
		return fields
	}
	return slices.DeleteFunc(slices.Clone(fields), func(f saas.Field) bool { return f == saas.FieldCreatedBy })
}

// offerChange changes a record in all fields that the tenant takes.
func (w *appWrite) offerChange(ctx context.Context, want saas.Record) error {
	now := w.current
	o := offer{want: want, fields: now.Changes(want)}
	o.send = func(ctx context.Context, fields []saas.Field) error {
		return w.change(ctx, &now, want, append(slices.Clone(fields), saas.FieldName))
	}
	o.bare = func(ctx context.Context) error {
		if want.Name != now.Name {
			return o.send(ctx, nil)
		}
		return w.run.a.oomnitza.TouchSaaS(ctx, now.ID)
	}
	o.add = o.send
	return w.offer(ctx, o)
}

// change writes some fields of a record, and sees whether the tenant stored
// them as they were sent.
func (w *appWrite) change(ctx context.Context, now *saas.Record, want saas.Record, fields []saas.Field) error {
	next := now.With(want, fields...)
	if next.Name == now.Name && len(now.Changes(next)) == 0 {
		return nil
	}
	stored, err := w.run.a.oomnitza.WriteSaaS(ctx, *now, next)
	if err != nil {
		return err
	}
	w.compare(ctx, *now, next, stored, fields)
	*now = next
	return nil
}

// compare remembers the fields that a tenant stores otherwise than they were
// sent, so that they are not sent again in every session. An answer that shows
// something else is not believed before the record is read.
func (w *appWrite) compare(ctx context.Context, before, sent, stored saas.Record, fields []saas.Field) {
	differs := func(f saas.Field) bool {
		if f == saas.FieldLinkKey && before.LinkKey == "" {
			return false // of a tenant that keeps none; sameRecord knows
		}
		value := sent.Get(f)
		return value != before.Get(f) && value != stored.Get(f) && !sameStored(f, value, stored.Get(f))
	}
	if stored.ID == "" || !slices.ContainsFunc(fields, differs) {
		return
	}
	read, err := w.run.a.oomnitza.GetSaaS(ctx, stored.ID)
	if err != nil {
		return
	}
	stored = read
	for _, f := range fields {
		if differs(f) {
			w.run.remember(f, sent.Get(f), "")
		}
	}
}

// offer writes a record. A field that a refusal names is left out; where it
// names none, the record is written without any, and then each half of the
// fields by itself until what is refused stands alone. What the record can't do
// without is refused as a whole, in the words of the first refusal.
func (w *appWrite) offer(ctx context.Context, o offer) error {
	type drop struct {
		field saas.Field
		words string
	}
	var dropped []drop
	settle := func() {
		for _, d := range dropped {
			w.run.remember(d.field, o.want.Get(d.field), d.words)
		}
	}
	var first error
	for {
		err := o.send(ctx, o.fields)
		if err == nil {
			settle()
			return nil
		}
		if !w.refuses(ctx, err) {
			return err
		}
		if first == nil {
			first = err
		}
		named := oomnitza.RefusedFields(err, o.want, o.fields)
		if len(named) == 0 {
			break
		}
		for _, f := range named {
			dropped = append(dropped, drop{f, said(err)})
		}
		o.fields = slices.DeleteFunc(slices.Clone(o.fields), func(f saas.Field) bool { return slices.Contains(named, f) })
	}
	if len(o.fields) == 0 {
		return first
	}
	if err := o.bare(ctx); err != nil {
		if w.refuses(ctx, err) {
			return first
		}
		return err
	}
	settle()
	refused, _, err := culprit.Halve(o.fields, func(part []saas.Field) error { return o.add(ctx, part) },
		func(err error) bool { return w.refuses(ctx, err) })
	for _, x := range refused {
		w.run.remember(x.Item, o.want.Get(x.Item), said(x.Err))
	}
	return err
}

// refuses reports whether a failure is a refusal of what was sent. A denial, and
// what fails again and again, is one only once the tenant is proven to work.
func (w *appWrite) refuses(ctx context.Context, err error) bool {
	kind := httpx.KindOf(err)
	switch {
	case ctx.Err() != nil:
		return false
	case kind == httpx.KindRefused, w.run.cleared[w.at] && kind != httpx.KindConflict && kind != httpx.KindStopping:
		return true
	case denied(err) && w.try > 1, kind.Retryable() && kind != httpx.KindStopping && w.try >= upsertPatience:
		w.run.cleared[w.at] = w.run.a.oomnitza.Blame(ctx, err) == nil
		return w.run.cleared[w.at]
	}
	return false
}

// denied reports whether a request was answered with a denial or with a page
// that is none of the API's.
func denied(err error) bool {
	kind := httpx.KindOf(err)
	return kind == httpx.KindUnauthorized || kind == httpx.KindConfig && oomnitza.IsAnswer(err)
}

// noteUntaken tells of a field that is not as Defender has it, in the words that
// the tenant first had for it.
func (r *appsRun) noteUntaken(f saas.Field, words string) {
	if words != "" {
		r.mu.Lock()
		words = r.untaken.Said(string(f), words)
		r.mu.Unlock()
	}
	switch {
	case f == saas.FieldName && words != "":
		r.notes.note(fmt.Sprintf(NoteNameTaken, words))
	case words != "":
		r.notes.note(fmt.Sprintf(NoteFieldRefused, f.Label(), words))
	default:
		r.notes.note(fmt.Sprintf(NoteFieldStored, f.Label()))
	}
}

// The notes about fields of records.
const (
	NoteFieldRefused = "Oomnitza does not take the %s of some apps, which is left out: %s"
	NoteFieldStored  = "Oomnitza stores the %s of some apps otherwise than it was sent, and keeps its own form"
	NoteNameTaken    = "Oomnitza does not take the name of some apps, whose records are called Name (id): %s"
)
