package oomnitza

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Standing is what could be found out about one person's assignment to an app
// whose list of users is cut off.
type Standing = saas.Standing

// Standings finds out how each of the people asked for stands to an app: by the
// list of all apps' users and by each person's own list of apps. witness is
// somebody who is assigned to the app: a list that does not show them proves
// nothing. Who is missing in the answer could not be found out about.
func (c *Client) Standings(ctx context.Context, saasID, witness string, ids []string) (map[string]Standing, error) {
	s := &standings{c: c, app: saasID, witness: witness, out: make(map[string]Standing, len(ids))}
	for _, batch := range splitValues(fieldUserID, ids) {
		if err := s.readSeats(ctx, batch); err != nil {
			return nil, err
		}
	}
	var open []string
	for _, id := range ids {
		if got, known := s.out[id]; !known || !got.Exact {
			open = append(open, id)
		}
	}
	if len(open) == 0 {
		return s.out, nil
	}
	shown, known, err := s.listsApp(ctx, witness)
	if err != nil || !known || !shown {
		return s.out, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(standingReaders)
	for _, id := range open {
		group.Go(func() error { return s.readUses(ctx, id) })
	}
	return s.out, group.Wait()
}

// standingReaders is how many people are asked for side by side.
const standingReaders = 4

// standings is one question about several people.
type standings struct {
	c       *Client
	app     string
	witness string
	mu      sync.Mutex
	out     map[string]Standing
}

// readSeats asks the list of all apps' users for some people. Its rows are not
// documented to name the app: where they don't, the latest of somebody's rows
// is a bound, and only who has none at all is surely not assigned.
func (s *standings) readSeats(ctx context.Context, ids []string) error {
	const op = "look up users of an app"
	asked := slices.Concat([]string{s.witness}, ids)
	filter := anyOf(fieldUserID, asked)
	rows, total, err := s.c.readPage(ctx, op, pathSeats+"?"+queryFilter+"="+escapeQuery(filter))
	if err != nil {
		if httpx.KindOf(err).Retryable() {
			return err
		}
		return nil // not understood: the other way is left
	}
	got := map[string]Standing{}
	for _, r := range rows {
		id := r.findText(fieldUserID)
		if !slices.Contains(asked, id) {
			return nil // the filter is not heeded
		}
		have, met := got[id]
		got[id] = s.joinRow(have, met, r)
	}
	short := total >= 0 && total > len(rows) || total < 0 && len(rows) > 0 && len(rows)%roundPage == 0
	if _, proven := got[s.witness]; short || !proven {
		if short && len(ids) > 1 {
			half := len(ids) / 2
			if err := s.readSeats(ctx, ids[:half]); err != nil {
				return err
			}
			return s.readSeats(ctx, ids[half:])
		}
		return nil
	}
	for _, id := range ids {
		if have, met := got[id]; met {
			s.out[id] = have
		} else {
			s.out[id] = Standing{Exact: true}
		}
	}
	return nil
}

// joinRow adds a row to what is known of its person.
func (s *standings) joinRow(have Standing, met bool, r row) Standing {
	last := timeOf(r.findText(fieldLastVisit))
	app := r.findText(seatAppKeys...)
	switch {
	case have.Exact && have.Assigned:
		return have
	case app == s.app:
		return Standing{Assigned: true, Exact: true, Last: last}
	case app != "":
		if !met {
			return Standing{Exact: true} // unless another row says otherwise
		}
		return have
	case last.After(have.Last):
		have.Last = last
	}
	return Standing{Assigned: true, Bounded: true, Last: have.Last}
}

// readUses finds out whether somebody is assigned to the app.
func (s *standings) readUses(ctx context.Context, id string) error {
	shown, known, err := s.listsApp(ctx, id)
	if err != nil || !known {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.out[id]; shown {
		have.Assigned = true
		s.out[id] = have
	} else {
		s.out[id] = Standing{Exact: true}
	}
	return nil
}

// listsApp reads somebody's own list of apps, and whether it shows the app. It is
// not known where the tenant does not tell.
func (s *standings) listsApp(ctx context.Context, id string) (shown, known bool, err error) {
	ids, known, err := s.c.Uses(ctx, id)
	shown = slices.Contains(ids, s.app)
	return shown, known || shown, err
}
