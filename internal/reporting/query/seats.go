package query

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/oomnitza"
)

// readSeats reads who is assigned to an app. A person who is listed twice is returned
// once, with the later activity.
func (s Source) readSeats(ctx context.Context, id string) (seats []oomnitza.Seat, err error) {
	err = s.retryWhileGone(ctx, id, func() error {
		seats = seats[:0]
		at := map[string]int{}
		return s.Oomnitza.Seats(ctx, id, func(seat oomnitza.Seat) error {
			i, again := at[seat.UserID]
			switch {
			case !again:
				at[seat.UserID] = len(seats)
				seats = append(seats, seat)
			case seat.LastActivity.After(seats[i].LastActivity):
				seats[i] = seat
			}
			return nil
		})
	})
	return seats, err
}

// retryWhileGone reads an app's users, and again if the app seems to be deleted
// although its record exists: a read may lag behind a write. For a record that is
// deleted too, the error is errGone.
func (s Source) retryWhileGone(ctx context.Context, id string, read func() error) error {
	for failed := 0; ; failed++ {
		err := s.retryPassing(ctx, read)
		if !isGone(err) {
			return err
		}
		if _, there := s.Oomnitza.GetSaaS(ctx, id); isGone(there) && failed > 0 {
			return errGone
		}
		if failed == tries-1 {
			return err
		}
		select {
		case <-time.After(s.Backoff.Delay(failed, nil)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errGone says that an app was deleted after the list of apps was read.
var errGone = errors.New("the app was deleted")

// addUsers sets the number of users, the number of active users and the last
// activity of each app. An app that was deleted meanwhile stays as it is. For an
// app that can't be read the number of active users is unknown.
func (s Source) addUsers(ctx context.Context, from ActiveFrom, apps []App) error {
	now, at, lost := s.now(), 0, losses{source: s}
	count := func(ctx context.Context, a App) (App, error) {
		threshold := s.thresholdOf(a.Name)
		var all visits
		err := s.retryWhileGone(ctx, a.ID, func() error {
			all = visits{}
			return s.Oomnitza.Assigned(ctx, a.ID, func(one oomnitza.Assigned) error {
				all.addVisit(one)
				return nil
			})
		})
		if errors.Is(err, errGone) {
			return a, nil
		}
		if lost := lost.noteResult(ctx, a.Name, err); lost != nil {
			return a, fmt.Errorf("app %q: %w", clipName(a.Name), lost)
		}
		switch {
		case err == nil:
			all.countUsers(now, threshold).applyTo(&a, from)
		case errors.Is(err, oomnitza.ErrCutOff):
			all.countUsers(now, threshold).applyAsLeast(&a, from)
		default:
			a.markUnread(from)
		}
		return a, nil
	}
	light := func(App) int64 { return 1 }
	for a, err := range runOrdered(ctx, apps, s.workBounds(), light, count) {
		if err != nil {
			return err
		}
		apps[at] = a
		at++
		s.showStep("apps whose users were read", at, len(apps))
	}
	return lost.noteLosses()
}
