package query

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// few is a tenant with a few apps of several pages of users, that stores no last
// activity.
func few() simulator.Options {
	o := simulator.Options{Apps: 3, People: 900, Pairs: 1500}
	o.Variants.LastVisit = "ignored"
	return o
}

// missLive reads the most used app live, and returns how many users have no last
// activity although Defender lists them.
func (r *rig) missLive() (missed int) {
	r.t.Helper()
	app := r.mostUsed()
	users := r.users(UsersOptions{App: app, Live: true})[app]
	if len(users) <= 200 {
		r.t.Fatalf("%d users are too few pages for this test", len(users))
	}
	visits := r.visits(r.held.SaaS[app].LinkKey)
	for _, u := range users {
		if _, listed := visits[strings.ToLower(u.Email)]; listed && !u.Live {
			missed++
		}
	}
	return missed
}

// saysPartial reports whether a note says that a list was not read whole.
func (r *rig) saysPartial() bool {
	return slices.ContainsFunc(r.notes, func(n string) bool {
		return strings.Contains(n, "Defender's lists of the users of 1 app seem to be incomplete: ")
	})
}

func TestLiveListsThatBehaveOddlyAreReadWholeOrSaidToBePartial(t *testing.T) {
	for name, tt := range map[string]struct {
		set     func(o *simulator.Options, l *simulator.ListSwitches)
		partial bool
	}{
		"not sorted":                   {func(_ *simulator.Options, l *simulator.ListSwitches) { l.Sort = "other" }, false},
		"pages overlap":                {func(_ *simulator.Options, l *simulator.ListSwitches) { l.Overlap = 7 }, false},
		"hasNext is always true":       {func(_ *simulator.Options, l *simulator.ListSwitches) { l.HasNext = "always" }, false},
		"the last page comes for ever": {func(_ *simulator.Options, l *simulator.ListSwitches) { l.HasNext = "again" }, false},
		"hasNext is never true":        {func(_ *simulator.Options, l *simulator.ListSwitches) { l.HasNext = "never" }, false},
		"the total is 0":               {func(_ *simulator.Options, l *simulator.ListSwitches) { l.Total = "zero" }, false},
		"the total is approximate":     {func(o *simulator.Options, _ *simulator.ListSwitches) { o.Variants.Total = "approximate" }, false},
		"the list ends after 100 rows": {func(_ *simulator.Options, l *simulator.ListSwitches) { l.Cut, l.CutOf = 100, "users" }, true},
		"the second page is refused": {func(_ *simulator.Options, l *simulator.ListSwitches) {
			l.BadPage, l.BadSkip, l.BadOf = "400", 100, "users"
		}, true},
		"the second page is not found": {func(_ *simulator.Options, l *simulator.ListSwitches) {
			l.BadPage, l.BadSkip, l.BadOf = "404", 100, "users"
		}, true},
		"the second page is empty": {func(_ *simulator.Options, l *simulator.ListSwitches) {
			l.BadPage, l.BadSkip, l.BadOf = "empty", 100, "users"
		}, true},
		"no page after 100 rows": {func(_ *simulator.Options, l *simulator.ListSwitches) { l.MaxSkip = 100 }, true},
		"skip is ignored":        {func(o *simulator.Options, _ *simulator.ListSwitches) { o.Variants.IgnoreSkip = true }, true},
		"skip is ignored, and no total": {func(o *simulator.Options, l *simulator.ListSwitches) {
			o.Variants.IgnoreSkip, l.Total = true, "missing"
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := few()
			tt.set(&o, &o.Variants.Unkind.Lists)
			r := newRig(t, o)
			lost := 0
			r.Lost = func(apps int) { lost += apps }
			missed := r.missLive()
			if (missed > 0) != tt.partial || r.saysPartial() != tt.partial || (lost > 0) != tt.partial {
				t.Errorf("%d users are missed, %d apps are lost, notes %q", missed, lost, r.notes)
			}
		})
	}
}

func TestNobodyIsMissedInAnUnsortedLiveListThatMoves(t *testing.T) {
	for _, sort := range []string{"other", "in-page", "ascending"} {
		o := few()
		o.Faults.Drift, o.Faults.DriftRows = 1, 5
		o.Variants.Unkind.Lists.Sort = sort
		r := newRig(t, o)
		if missed := r.missLive(); missed > 0 || len(r.sim.Drifted()) == 0 {
			t.Errorf("%s: %d users are missed; %d rows moved", sort, missed, len(r.sim.Drifted()))
		}
	}
}

func TestALiveListThatShowsAnotherOrderAtEachRequestIsReadAgain(t *testing.T) {
	o := few()
	o.Variants.Unkind.Lists.Sort, o.Variants.Unkind.Lists.SortOf = "shuffled", "users"
	r := newRig(t, o)
	if missed := r.missLive(); missed > 0 && !r.saysPartial() {
		t.Errorf("%d users are missed, and nobody is told", missed)
	}
	app := r.mostUsed()
	pages := (len(r.held.Assigned[app]) + 99) / 100
	if n := r.asked()["defender POST discovery/users"]; n <= pages+1 {
		t.Errorf("%d requests for %d pages: it was not read again", n, pages)
	}
}

func TestManyLiveListsAreReadAtOnce(t *testing.T) {
	o := forgetful()
	o.Variants.Unkind.Lists.HasNext, o.Variants.Unkind.Lists.Overlap = "always", 3
	r := newRig(t, o)
	r.Width = 16
	r.liveIsRight()
}

func TestImportFilesOfAPartialLiveListAreWrittenAndSaidToBePartial(t *testing.T) {
	o := few()
	o.Variants.Unkind.Lists.BadPage, o.Variants.Unkind.Lists.BadSkip, o.Variants.Unkind.Lists.BadOf = "400", 100, "users"
	r := newRig(t, o)
	lost := 0
	r.Lost = func(apps int) { lost += apps }
	got, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: r.mostUsed(), Live: true}, Folder: filepath.Join(t.TempDir(), "x")})
	if err != nil {
		t.Fatal(err)
	}
	if got.Files != 1 || got.Rows < 100 || got.Apps[0].Unread || lost != 1 || !r.saysPartial() {
		t.Errorf("%+v, %d apps are lost, notes %q", got.Apps, lost, r.notes)
	}
}
