package appsync

import (
	"context"
	"slices"

	"defendersync/internal/culprit"
	"defendersync/internal/saas"
)

// offer is a write of a record of which each optional field may be refused.
type offer struct {
	want   saas.Record
	fields []saas.Field
	send   func(context.Context, []saas.Field) error // the write with these fields
	bare   func(context.Context, []saas.Field) error // with none of these but what tells whose the record is
	add    func(context.Context, []saas.Field) error // these to what bare wrote
}

// refusedField is a field that the tenant does not take, in its words.
type refusedField struct {
	field saas.Field
	words string
}

// offerNew makes a record with all fields that the tenant takes.
func (w *write) offerNew(ctx context.Context, want saas.Record) (id string, err error) {
	target := w.run.target
	empty := saas.Record{Name: want.Name}
	var made saas.Record
	o := offer{want: want, fields: empty.Changes(want)}
	o.send = func(ctx context.Context, fields []saas.Field) (err error) {
		if id, err = target.CreateSaaS(ctx, empty.With(want, fields...)); err == nil {
			w.run.claimNew(id, w.item.app, want.Name)
		}
		return err
	}
	o.bare = func(ctx context.Context, fields []saas.Field) (err error) {
		for _, marks := range listMarks(fields) {
			if err = o.send(ctx, marks); err == nil || !w.refusesContent(ctx, err) {
				break
			}
		}
		if err == nil {
			made, err = target.GetSaaS(ctx, id)
		}
		return err
	}
	o.add = func(ctx context.Context, fields []saas.Field) error {
		return w.changeFields(ctx, &made, want, withoutCreator(made, fields))
	}
	return id, w.sendOffer(ctx, o)
}

// listMarks lists what a record is made with that is to get its other fields afterwards,
// the best first: whatever happens until then, the record is known as this app's and
// as ours, and is found by its creator.
func listMarks(offered []saas.Field) [][]saas.Field {
	var marks []saas.Field
	for _, f := range []saas.Field{saas.FieldLinkKey, saas.FieldSource, saas.FieldCreatedBy} {
		if slices.Contains(offered, f) {
			marks = append(marks, f)
		}
	}
	out := [][]saas.Field{marks}
	if len(marks) > 1 && marks[0] == saas.FieldLinkKey {
		out = append(out, marks[:1])
	}
	if len(marks) > 0 {
		out = append(out, nil)
	}
	return out
}

// withoutCreator leaves the creator out where the record shows one, in whatever
// form: that is the tenant's to say.
func withoutCreator(made saas.Record, fields []saas.Field) []saas.Field {
	if made.CreatedBy == "" {
		return fields
	}
	return slices.DeleteFunc(slices.Clone(fields), func(f saas.Field) bool { return f == saas.FieldCreatedBy })
}

// offerChange changes a record in all fields that the tenant takes.
func (w *write) offerChange(ctx context.Context, want saas.Record) error {
	now := w.current
	o := offer{want: want, fields: now.Changes(want)}
	o.send = func(ctx context.Context, fields []saas.Field) error {
		return w.changeFields(ctx, &now, want, append(slices.Clone(fields), saas.FieldName))
	}
	o.bare = func(ctx context.Context, _ []saas.Field) error {
		if want.Name != now.Name {
			return o.send(ctx, nil)
		}
		return w.run.target.TouchSaaS(ctx, now.ID)
	}
	o.add = o.send
	return w.sendOffer(ctx, o)
}

// sendOffer writes a record. A field that a refusal names is left out. Where a
// refusal names none, the record is written bare, and then each half of
// the fields by itself until what is refused stands alone. What the record
// cannot do without is refused as a whole, in the words of the first refusal.
func (w *write) sendOffer(ctx context.Context, o offer) error {
	dropped, first, err := w.dropNamed(ctx, &o)
	if err != nil {
		return err
	}
	if first == nil {
		w.rememberRefused(o.want, dropped)
		return nil
	}
	if len(o.fields) == 0 {
		return first
	}
	if err := o.bare(ctx, o.fields); err != nil {
		if w.refusesContent(ctx, err) {
			return first
		}
		return err
	}
	w.rememberRefused(o.want, dropped)
	refused, _, err := culprit.Halve(o.fields, func(part []saas.Field) error { return o.add(ctx, part) },
		func(err error) bool { return w.refusesContent(ctx, err) })
	for _, x := range refused {
		w.run.rememberUntaken(x.Item, o.want.Get(x.Item), quoteRefusal(x.Err))
	}
	return err
}

// dropNamed sends an offer, and again without the fields that refusals name.
// first is the first refusal, where the last one named no field; nil: the record
// is written.
func (w *write) dropNamed(ctx context.Context, o *offer) (dropped []refusedField, first, err error) {
	for {
		err := o.send(ctx, o.fields)
		if err == nil {
			return dropped, nil, nil
		}
		if !w.refusesContent(ctx, err) {
			return nil, nil, err
		}
		if first == nil {
			first = err
		}
		named := w.run.target.RefusedFields(err, o.want, o.fields)
		if len(named) == 0 {
			return dropped, first, nil
		}
		for _, f := range named {
			dropped = append(dropped, refusedField{f, quoteRefusal(err)})
		}
		o.fields = slices.DeleteFunc(slices.Clone(o.fields), func(f saas.Field) bool { return slices.Contains(named, f) })
	}
}

func (w *write) rememberRefused(want saas.Record, refused []refusedField) {
	for _, x := range refused {
		w.run.rememberUntaken(x.field, want.Get(x.field), x.words)
	}
}

// changeFields writes some fields of a record, and sees whether the tenant
// stored them as they were sent.
func (w *write) changeFields(ctx context.Context, now *saas.Record, want saas.Record, fields []saas.Field) error {
	next := now.With(want, fields...)
	if next.Name == now.Name && len(now.Changes(next)) == 0 {
		return nil
	}
	stored, err := w.run.target.WriteSaaS(ctx, *now, next)
	if err != nil {
		return err
	}
	w.compareStored(ctx, *now, next, stored, fields)
	*now = next
	return nil
}

// compareStored remembers the fields that a tenant stores otherwise than they
// were sent, so that they are not sent again in every session. An answer that
// shows something else is not believed before the record is read.
func (w *write) compareStored(ctx context.Context, before, sent, stored saas.Record, fields []saas.Field) {
	differs := func(f saas.Field) bool {
		if f == saas.FieldLinkKey && before.LinkKey == "" {
			return false // of a tenant that keeps none; isSameRecord knows
		}
		value := sent.Get(f)
		return value != before.Get(f) && value != stored.Get(f) && !isStoredAs(f, value, stored.Get(f))
	}
	if stored.ID == "" || !slices.ContainsFunc(fields, differs) {
		return
	}
	read, err := w.run.target.GetSaaS(ctx, stored.ID)
	if err != nil {
		return
	}
	stored = read
	for _, f := range fields {
		if differs(f) {
			w.run.rememberUntaken(f, sent.Get(f), "")
		}
	}
}
