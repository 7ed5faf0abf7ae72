package questions

import (
	"context"
	"fmt"

	"defendersync/internal/oomnitza"
)

// seats reads who is assigned to an app.
func (s Source) seats(ctx context.Context, id string) (seats []oomnitza.Seat, err error) {
	err = s.insist(ctx, func() error {
		seats = seats[:0]
		return s.Oomnitza.Seats(ctx, id, func(seat oomnitza.Seat) error {
			seats = append(seats, seat)
			return nil
		})
	})
	return seats, err
}

// addUsers adds to each app how many users it has, how many of them are active,
// and when it was used last.
// An app that went away since it was read is left as it is.
func (s Source) addUsers(ctx context.Context, from ActiveFrom, apps []App) error {
	now, at := s.now(), 0
	count := func(ctx context.Context, a App) (App, error) {
		threshold := s.Policy.Threshold(a.Name)
		var t tally
		err := s.insist(ctx, func() error {
			t = tally{}
			return s.Oomnitza.Assigned(ctx, a.ID, func(one oomnitza.Assigned) error {
				t.add(one, now, threshold)
				return nil
			})
		})
		if err != nil && !gone(err) {
			return a, fmt.Errorf("app %q: %w", a.Name, err)
		}
		if err == nil {
			t.into(&a, from)
		}
		return a, nil
	}
	light := func(App) int64 { return 1 }
	for a, err := range ordered(ctx, apps, s.bounds(), light, count) {
		if err != nil {
			return err
		}
		apps[at] = a
		at++
		s.step("apps whose users were read", at, len(apps))
	}
	return nil
}
