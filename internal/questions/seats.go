package questions

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
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

// addUsers adds to each app how many users it has and when it was used last.
// An app that went away since it was read is left as it is.
func (s Source) addUsers(ctx context.Context, apps []App) error {
	now, at := s.now(), 0
	count := func(ctx context.Context, a App) (App, error) {
		threshold := s.Policy.Threshold(a.Name)
		err := s.insist(ctx, func() error {
			a.Users, a.InUse, a.LastActivity = 0, 0, time.Time{}
			return s.Oomnitza.Assigned(ctx, a.ID, func(one oomnitza.Assigned) error {
				a.Users++
				if saas.Active(one.LastVisit, now, threshold) {
					a.InUse++
				}
				if one.LastVisit.After(a.LastActivity) {
					a.LastActivity = one.LastVisit
				}
				return nil
			})
		})
		if err != nil && !gone(err) {
			return a, fmt.Errorf("app %q: %w", a.Name, err)
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
