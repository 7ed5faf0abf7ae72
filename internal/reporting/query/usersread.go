package query

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/suggest"
)

// AppUsers are an app and those of its users who are asked for.
type AppUsers struct {
	App    AppRef
	Users  []User
	Unread bool // last activity was to come from Defender, which doesn't tell it
	Lost   bool // the app's users could not be read
	Absent int  // people whom Defender lists, but who aren't assigned in Oomnitza
}

// AppRef is what it takes to read an app's users: much less than an App, of which
// some 31,000 would be held for as long as their users are read.
type AppRef struct {
	ID, DefenderID, Name string
	weight               int64 // a guess of how many users there are
}

// toRef makes an AppRef that keeps nothing of the answer that the app came from.
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

// ReadUsers reads users app by app. One app's are in order; apps are by name.
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
	apps, err := s.appsFor(ctx, p)
	if err != nil {
		return nil, err
	}
	if r.apps = len(apps); p.AllApps {
		if err := r.people.preload(ctx); err != nil {
			return nil, err
		}
	}
	return func(yield func(AppUsers, error) bool) {
		done := 0
		for got, err := range runOrdered(ctx, apps, s.workBounds(), AppRef.size, r.readApp) {
			if got.App.ID == "" && err == nil {
				continue // it went away
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

// rowsHeld bounds the users that are in memory at a time, but for those of one
// app.
const rowsHeld = 10_000

func (s Source) workBounds() bounds {
	width := s.Width
	if width <= 0 {
		width = 8
	}
	// Twice as many as there are requests, so that one slow answer does not
	// hold up those behind it.
	return bounds{2 * width, rowsHeld}
}

func (a AppRef) size() int64 { return a.weight }

// weightOf guesses the number of an app's users. A record that no session keeps
// may have any number of them.
func weightOf(a App) int64 {
	if !a.kept && !a.Counted {
		return max(rowsHeld/8, int64(a.ActiveUsers))
	}
	return int64(a.ActiveUsers) + int64(a.ActiveUsers)/4 + 10
}

// appsFor finds the apps whose users are asked for.
func (s Source) appsFor(ctx context.Context, p usersPlan) ([]AppRef, error) {
	if !p.AllApps {
		app, err := s.FindApp(ctx, p.App)
		return []AppRef{app.toRef()}, err
	}
	createdBy := p.CreatedBy
	if createdBy == "" {
		createdBy = Anyone
	}
	apps, err := s.ReadApps(ctx, AppsOptions{CreatedBy: createdBy, Sort: "name", ActiveFrom: FromRecord})
	return refsOf(apps), err
}

// FindApp finds a record by its name, regardless of case. The error of a name
// that no record has tells the nearest ones.
func (s Source) FindApp(ctx context.Context, name string) (App, error) {
	var found []saas.Record
	err := s.retryPassing(ctx, func() (err error) {
		found, err = s.Oomnitza.FindSaaS(ctx, nil, []string{name})
		return err
	})
	if err != nil {
		return App{}, err
	}
	// Of several the living one; a list may have a deleted one before it.
	slices.SortStableFunc(found, func(a, b saas.Record) int { return int(a.State) - int(b.State) })
	for _, r := range found {
		if saas.NameKey(r.Name) == saas.NameKey(name) && r.State != saas.Gone {
			return s.appOf(r), nil
		}
	}
	// The tenant's filters may heed case, so the names themselves decide.
	all, err := s.readRecords(ctx, func(App) bool { return true })
	if err != nil {
		return App{}, err
	}
	names := make([]string, len(all))
	for i, a := range all {
		if saas.NameKey(a.Name) == saas.NameKey(name) {
			return a, nil
		}
		names[i] = a.Name
	}
	return App{}, &UnknownAppError{name, suggest.Nearest(name, slices.Values(names), 3)}
}

// usersReader reads the users of apps.
type usersReader struct {
	source Source
	plan   usersPlan
	people *people
	live   *liveReader
	apps   int
	now    time.Time // one for the whole answer, which may take hours
	hint   sync.Once
	lost   losses
}

// newUsersReader begins an answer: who is active is judged by this instant.
func newUsersReader(s Source, p usersPlan) *usersReader {
	return &usersReader{source: s, plan: p, people: newPeople(s), now: s.now(), lost: losses{source: s}}
}

// readApp reads one app's users. The zero answer is that of an app that went away
// since the list of apps was read.
func (r *usersReader) readApp(ctx context.Context, a AppRef) (AppUsers, error) {
	out := AppUsers{App: a}
	seats, err := r.source.readSeats(ctx, a.ID)
	if errors.Is(err, errGone) && r.plan.AllApps {
		return AppUsers{}, nil
	}
	if !r.plan.strict && (r.plan.AllApps || errors.Is(err, oomnitza.ErrCutOff)) {
		switch lost := r.lost.noteResult(ctx, a.Name, err); {
		case errors.Is(err, oomnitza.ErrCutOff):
			err = nil // what came is told, and that it isn't all
		case lost == nil && err != nil:
			return AppUsers{App: a, Lost: true}, nil
		}
	}
	if err != nil {
		return out, fmt.Errorf("app %q: %w", clipName(a.Name), err)
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
		if u.Status = statusOf(u.LastActivity, r.now, threshold); r.plan.wantsStatus(u.Status) {
			out.Users = append(out.Users, u)
		}
	}
	slices.SortStableFunc(out.Users, r.plan.order)
	return out, nil
}

// completeActivity fills in the last activity that Oomnitza doesn't keep, and tells
// whose.
func (r *usersReader) completeActivity(ctx context.Context, a AppRef, seats []oomnitza.Seat, out *AppUsers) (map[int]bool, error) {
	lacking := 0
	for i := range seats {
		if seats[i].LastVisit.IsZero() {
			lacking++
		}
	}
	if lacking == 0 {
		return nil, nil
	}
	if r.live == nil {
		r.hint.Do(func() {
			r.source.addNote(fmt.Sprintf("Oomnitza keeps no last activity for %d of the %d users of %q, so whether they are active is not known; "+
				"--live reads it from Defender", lacking, len(seats), a.Name))
		})
		return nil, nil
	}
	r.live.noteReason(a, lacking, len(seats), r.apps)
	visits, unread, err := r.live.readVisits(ctx, a)
	if err != nil {
		return nil, err
	}
	out.Unread = unread
	filled := map[int]bool{}
	byName, byEmail := indexSeats(seats)
	for _, v := range visits {
		i, ok := byName[saas.Fold(v.Person.Username)]
		if !ok && v.Person.Email != "" {
			i, ok = byEmail[saas.Fold(v.Person.Email)]
		}
		switch {
		case !ok:
			out.Absent++
		case saas.IsNews(seats[i].LastVisit, v.Last) && (filled[i] || seats[i].LastVisit.IsZero()):
			seats[i].LastVisit, filled[i] = v.Last.Truncate(time.Second), true
		}
	}
	return filled, nil
}

// indexSeats finds seats by username and by email address.
func indexSeats(seats []oomnitza.Seat) (byName, byEmail map[string]int) {
	byName, byEmail = make(map[string]int, len(seats)), make(map[string]int, len(seats))
	for i := range seats {
		byName[saas.Fold(seats[i].Username)] = i
		if seats[i].Email != "" {
			byEmail[saas.Fold(seats[i].Email)] = i
		}
	}
	return byName, byEmail
}

func userOf(a AppRef, seat *oomnitza.Seat, p personFacts) User {
	u := User{App: a.Name, Username: seat.Username, Name: seat.FullName, Email: seat.Email, Role: p.role, Suspended: p.suspended,
		AppRole: strings.Join(seat.Roles, ", "), LastActivity: seat.LastVisit}
	if u.Name == "" {
		u.Name = p.name
	}
	return u
}

// ahead is how far a last activity may lie in the future: clocks differ, and a
// day may have begun elsewhere already. What lies further tells nothing.
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

func (p usersPlan) wantsStatus(s Status) bool {
	return (!p.Active || s == Active) && (!p.Inactive || s == Inactive)
}
