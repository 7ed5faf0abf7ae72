package query

import (
	"context"
	"iter"
)

// UsersOf reads all users of apps that ReadApps gave, app by app in the order
// given. An app that went away meanwhile is left out.
func (s Source) UsersOf(ctx context.Context, apps []App) iter.Seq2[AppUsers, error] {
	return func(yield func(AppUsers, error) bool) {
		p, err := UsersOptions{AllApps: true}.makePlan(s)
		if err != nil {
			yield(AppUsers{}, err)
			return
		}
		r := newUsersReader(s, p)
		r.apps = len(apps)
		if len(apps) > 1 {
			if err := r.people.preload(ctx); err != nil {
				yield(AppUsers{}, err)
				return
			}
		}
		done := 0
		for got, err := range runOrdered(ctx, refsOf(apps), s.workBounds(), AppRef.size, r.readApp) {
			done++
			s.showStep("apps whose users were read", done, len(apps))
			if got.App.ID == "" && err == nil {
				continue
			}
			if !yield(got, err) {
				return
			}
		}
		if err := r.lost.noteLosses(); err != nil {
			yield(AppUsers{}, err)
		}
	}
}

// Host is the host of the app's website, in lower case; "" where it has none.
func (a App) Host() string { return hostOf(a.Website) }
