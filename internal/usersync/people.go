package usersync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/httpx"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// resolver finds people in the target and creates those who are not there.
type resolver struct {
	*Engine
	target  Target
	known   *peopleMemory
	notes   *notebook.Notebook // what was found out about the target
	waiting func(what string)  // told what is waited for
}

// resolveVisits finds or creates the people of visits, which get an id, or the reason
// why the person can't be had. An error is a failure of the target, not of a
// person.
func (r *resolver) resolveVisits(ctx context.Context, visits []visit) error {
	var missing []*visit
	for i := range visits {
		v := &visits[i]
		if id := r.known.getText(v.key); id != "" {
			v.id, v.remembered = id, true
		} else if why := r.known.whyNot(v.key); why != nil {
			v.refusal = why
		} else {
			missing = append(missing, v)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.SortFunc(missing, func(a, b *visit) int { return cmp.Compare(a.key, b.key) }) // of two people of one username always the same goes first
	found, err := r.lookUp(ctx, missing)
	if err == nil {
		err = r.findStoredOtherwise(ctx, missing, found)
	}
	if err != nil {
		return err
	}
	return r.createAll(ctx, r.claimNames(missing, found))
}

// createAll creates people side by side; the client's gate bounds how many at
// once.
func (r *resolver) createAll(ctx context.Context, missing []*visit) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.opts.Writers)
	for _, v := range missing {
		group.Go(func() error { return r.createOnce(ctx, v) })
	}
	return group.Wait()
}

// createOnce creates one person, however many pages ask for it at the same
// time.
func (r *resolver) createOnce(ctx context.Context, v *visit) error {
	first := false
	name := saas.Fold(v.person.Username)
	got, err, _ := r.known.creating.Do(name, func() (any, error) {
		first = true
		if id := r.known.getText(name); id != "" {
			return created{id: id}, nil
		}
		if id := r.known.findNewborn(name); id != "" {
			return created{id: id}, nil
		}
		got, err := r.createPerson(ctx, v.key, *v.person)
		if err == nil && got.refusal != nil {
			r.known.refusePerson(v.key, got.refusal)
		}
		if got.id != "" {
			r.known.putText(name, got.id) // for other spellings of the same person, and before the next may ask
		}
		return got, err
	})
	if !first && errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return r.createOnce(ctx, v) // the page that was creating them has ended
	}
	if err != nil {
		return err
	}
	one := got.(created)
	v.id, v.refusal, v.created = one.id, one.refusal, one.isNew && first
	if v.id != "" {
		r.known.putText(v.key, v.id)
	}
	return nil
}

// pauseFor waits for the target, visibly.
func (r *resolver) pauseFor(ctx context.Context, what string, try int) error {
	r.waiting(what)
	return r.waitBriefly(ctx, try)
}

// personError is the error of a person who can't be had, in our own words.
func personError(format string, args ...any) error {
	return &httpx.Error{Peer: "Oomnitza", Op: "find a person", Kind: httpx.KindConflict, Message: fmt.Sprintf(format, args...)}
}
