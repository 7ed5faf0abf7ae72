package query

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// AppUsers are an app and those of its users that are asked for.
type AppUsers struct {
	App    AppRef
	Users  []User
	Unread bool // last activity was to be read from Defender, which does not have it
	Lost   bool // the app's users could not be read
	Absent int  // people whom Defender lists but who are not assigned in Oomnitza
}

// AppRef is what the reading of an app's users needs. It is much smaller than an
// App: some 31,000 are held while their users are read.
type AppRef struct {
	ID, DefenderID, Name string
	weight               int64 // estimated number of users
}

// toRef makes an AppRef that shares no memory with the page that the app was read
// from.
func (a App) toRef() AppRef {
	return AppRef{ID: strings.Clone(a.ID), DefenderID: strings.Clone(a.DefenderID), Name: strings.Clone(a.Name), weight: weightOf(a)}
}

func refsOf(apps []App) []AppRef {
	refs := make([]AppRef, len(apps))
	for i, a := range apps {
		refs[i] = a.toRef()
	}
	return refs
}

// ReadUsers reads users app by app. Apps are sorted by name, the users of an app as
// asked.
func (s Source) ReadUsers(ctx context.Context, o UsersOptions) (iter.Seq2[AppUsers, error], error) {
	p, err := o.makePlan(s)
	if err != nil {
		return nil, err
	}
	return s.readUsers(ctx, p)
}

func (s Source) readUsers(ctx context.Context, p usersPlan) (iter.Seq2[AppUsers, error], error) {
	r := newUsersReader(s, p)
	if p.Live {
		var err error
		if r.live, err = newLiveReader(s); err != nil {
			return nil, OptionErrors{{"live", "", err.Error()}}
		}
	}
	var who []saas.Person
	if p.User != "" {
		var err error
		if who, err = s.FindPerson(ctx, p.User); err != nil {
			return nil, err
		}
		r.only = newSeatFilter(who)
		r.people.remember(who)
	}
	apps, err := s.appsFor(ctx, p, who)
	if err != nil {
		return nil, err
	}
	if r.apps = len(apps); p.AllApps && p.User == "" {
		if err := r.people.preload(ctx); err != nil {
			return nil, err
		}
	}
	return func(yield func(AppUsers, error) bool) {
		done := 0
		for got, err := range runOrdered(ctx, apps, s.workBounds(), AppRef.size, r.readApp) {
			if got.App.ID == "" && err == nil {
				continue // the app was deleted
			}
			if !yield(got, err) {
				return
			}
			done++
			s.showStep("apps read", done, len(apps))
		}
		if err := r.lost.noteLosses(); err != nil {
			yield(AppUsers{}, err)
		}
	}, nil
}

// UsersOf reads all users of apps that ReadApps returned, app by app in the same
// order. Apps that were deleted meanwhile are left out.
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

// rowsHeld bounds the users in memory at one time, except for those of one app.
const maxRowsHeld = 10_000

func (s Source) workBounds() bounds {
	width := s.Width
	if width <= 0 {
		width = 8
	}
	// Twice as many as there are requests at once, so that one slow answer does
	// not delay those behind it.
	return bounds{2 * width, maxRowsHeld}
}

func (a AppRef) size() int64 { return a.weight }

// weightOf estimates the number of an app's users. A record that no session
// maintains may have any number.
func weightOf(a App) int64 {
	if !a.maintained && !a.Counted {
		return max(maxRowsHeld/8, int64(a.ActiveUsers))
	}
	return int64(a.ActiveUsers) + int64(a.ActiveUsers)/4 + 10
}

// appsFor returns the apps whose users are asked for: without AllApps, those that
// people are assigned to.
func (s Source) appsFor(ctx context.Context, p usersPlan, who []saas.Person) ([]AppRef, error) {
	if !p.ofManyApps() {
		app, err := s.FindApp(ctx, p.App)
		return []AppRef{app.toRef()}, err
	}
	createdBy := p.CreatedBy
	if createdBy == "" {
		createdBy = Anyone
	}
	apps, err := s.ReadApps(ctx, AppsOptions{CreatedBy: createdBy, Sort: "name", ActiveFrom: FromRecord, AI: p.AI})
	if err != nil || p.AllApps {
		return refsOf(apps), err
	}
	if apps, err = s.keepAppsOf(ctx, who, apps); err != nil {
		return nil, err
	}
	return refsOf(apps), nil
}

// usersReader reads the users of apps.
type usersReader struct {
	source Source
	plan   usersPlan
	people *people
	only   *seatFilter // nil: everybody's seats
	live   *liveReader
	apps   int
	now    time.Time // one instant for the whole answer, which may take hours
	hint   sync.Once
	lost   losses
}

// newUsersReader begins an answer. Users are active or not as of now.
func newUsersReader(s Source, p usersPlan) *usersReader {
	return &usersReader{source: s, plan: p, people: newPeople(s), now: s.now(), lost: losses{source: s}}
}

// readApp reads one app's users. For an app that was deleted since the list of apps
// was read, it returns the zero value.
func (r *usersReader) readApp(ctx context.Context, a AppRef) (AppUsers, error) {
	out := AppUsers{App: a}
	seats, err := r.source.readSeats(ctx, a.ID)
	if errors.Is(err, errGone) && r.plan.ofManyApps() {
		return AppUsers{}, nil
	}
	if !r.plan.strict && (r.plan.ofManyApps() || errors.Is(err, oomnitza.ErrCutOff)) {
		switch lost := r.lost.noteResult(ctx, a.Name, err); {
		case errors.Is(err, oomnitza.ErrCutOff):
			err = nil // a partial list, with a note
		case lost == nil && err != nil:
			return AppUsers{App: a, Lost: true}, nil
		}
	}
	if err != nil {
		return out, fmt.Errorf("app %q: %w", clipName(a.Name), err)
	}
	if r.only != nil {
		if seats = r.only.keepSeats(seats); len(seats) == 0 {
			return out, nil
		}
	}
	names := make([]string, len(seats))
	for i := range seats {
		names[i] = seats[i].Username
	}
	known, err := r.people.findAll(ctx, names)
	if err != nil {
		return out, err
	}
	fromDefender, err := r.completeActivity(ctx, a, seats, &out)
	if err != nil {
		return out, fmt.Errorf("app %q: %w", clipName(a.Name), err)
	}
	threshold := r.source.thresholdOf(a.Name)
	out.Users = make([]User, 0, len(seats))
	for i := range seats {
		u := userOf(a, &seats[i], known[i])
		u.Live = fromDefender[i]
		if u.Status = statusOf(u.LastActivity, r.now, threshold); r.plan.wantsUser(u) {
			out.Users = append(out.Users, u)
		}
	}
	slices.SortStableFunc(out.Users, r.plan.order)
	return out, nil
}

func userOf(a AppRef, seat *oomnitza.Seat, p personFacts) User {
	u := User{App: a.Name, Username: seat.Username, Name: seat.FullName, Email: seat.Email, Role: p.role, Suspended: p.suspended,
		AppRole: strings.Join(seat.Roles, ", "), LastActivity: seat.LastActivity, ID: seat.UserID, AppID: a.ID, DefenderID: a.DefenderID}
	if u.Name == "" {
		u.Name = p.name
	}
	return u
}

// ahead is how far a last activity may lie in the future: clocks differ, and
// elsewhere the next day may have begun. A later time says nothing.
const ahead = 26 * time.Hour

func statusOf(last, now time.Time, threshold time.Duration) Status {
	switch {
	case last.IsZero(), last.After(now.Add(ahead)):
		return Unknown
	case saas.IsActive(last, now, threshold):
		return Active
	}
	return Inactive
}

// wantsUser applies the filters on the row itself.
func (p usersPlan) wantsUser(u User) bool {
	return (!p.Active || u.Status == Active) && (!p.Inactive || u.Status == Inactive) &&
		(p.names == nil || containsAny(u.Name, p.names)) && (p.emails == nil || containsAny(u.Email, p.emails)) &&
		(p.roles == nil || slices.Contains(p.roles, strconv.Itoa(u.Role)))
}
