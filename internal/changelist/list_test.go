package changelist

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"defendersync/internal/saas"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *List {
	t.Helper()
	l, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func appsOf(t *testing.T, l *List) (out []App) {
	t.Helper()
	for app, err := range l.Apps() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, app)
	}
	return out
}

func TestWhatTwoStreamsSayOfOneAppIsOneLine(t *testing.T) {
	was := saas.Record{ID: "7", Name: "Slack", Vendor: "Slack"}
	renamed, both := was, was
	renamed.Vendor = "Salesforce"
	both.Vendor, both.Website = "Salesforce", "slack.com"
	app := saas.App{ID: "a1", Name: "Slack"}
	made := saas.ImaginaryID("a1")
	for name, tt := range map[string]struct {
		note   func(*List)
		action Action
		fields []Change
	}{
		"kept, then changed": {func(l *List) {
			l.NoteApp(app, "7", ActionKeep, was, was)
			l.NoteApp(app, "7", ActionChange, was, renamed)
		}, ActionChange, []Change{{saas.FieldVendor, "Slack", "Salesforce"}}},
		"changed, and again": {func(l *List) {
			l.NoteApp(app, "7", ActionChange, was, renamed)
			l.NoteTotal("7", 3, 4)
			l.NoteApp(app, "7", ActionChange, was, both)
			l.NoteTotal("7", 3, 5)
		}, ActionChange, []Change{{saas.FieldWebsite, "", "slack.com"}, {saas.FieldVendor, "Slack", "Salesforce"}, {FieldTotal, "3", "5"}}},
		"changed, and back": {func(l *List) {
			l.NoteApp(app, "7", ActionChange, was, renamed)
			l.NoteTotal("7", 3, 4)
			l.NoteTotal("7", 3, 3)
			l.NoteApp(app, "7", ActionChange, was, was)
		}, "", nil},
		"made, then kept": {func(l *List) {
			l.NoteApp(app, made, ActionCreate, saas.Record{}, saas.Record{Name: "Slack"})
			l.NoteApp(app, made, ActionKeep, saas.Record{}, saas.Record{Name: "Slack"})
		}, ActionCreate, []Change{{saas.FieldName, "", "Slack"}}},
		"made by an attempt that left nothing": {func(l *List) {
			l.NoteApp(app, made, ActionKeep, saas.Record{Name: "Slack"}, saas.Record{Name: "Slack"})
		}, ActionCreate, []Change{{saas.FieldName, "", "Slack"}}},
		"only its number of users": {func(l *List) {
			l.NoteApp(app, "7", ActionKeep, was, was)
			l.NoteTotal("7", 0, 2)
		}, ActionChange, []Change{{FieldTotal, "", "2"}}},
		"adopted": {func(l *List) { l.NoteApp(app, "7", ActionAdopt, was, was) }, ActionAdopt, nil},
	} {
		l := open(t)
		tt.note(l)
		got := appsOf(t, l)
		if tt.action == "" {
			if len(got) != 0 {
				t.Errorf("%s: listed %+v", name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Action != tt.action || !slices.Equal(got[0].Changes, tt.fields) {
			t.Errorf("%s: %+v, want %s %v", name, got, tt.action, tt.fields)
		}
	}
}

func TestAnAssignmentIsListedOnceAsItWasAndAsItWouldBe(t *testing.T) {
	l := open(t)
	l.NoteApp(saas.App{ID: "b"}, "8", ActionKeep, saas.Record{Name: "Box"}, saas.Record{Name: "Box"})
	l.NoteApp(saas.App{ID: "a"}, "7", ActionKeep, saas.Record{Name: "Asana"}, saas.Record{Name: "Asana"})
	l.NoteAssignments("8", []Assignment{{Username: "zoe", PersonID: "2", New: true, After: noon}, {Username: "ann", PersonID: "1", Before: noon.Add(-2 * time.Hour), After: noon.Add(-time.Hour)}})
	l.NoteAssignments("7", []Assignment{{Username: "ann", PersonID: "1", New: true, After: noon}})
	l.NoteAssignments("8", []Assignment{{Username: "ann", PersonID: "1", Before: noon.Add(-time.Hour), After: noon}})
	var got []string
	for a, err := range l.Assignments() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(a.App.Record, " ", a.Username, " ", a.New, " ", a.Before.Format("15"), " ", a.After.Format("15")))
	}
	if want := []string{"Asana ann true 00 12", "Box ann false 10 12", "Box zoe true 00 12"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if apps := appsOf(t, l); len(apps) != 2 || apps[1].Assigned != 2 {
		t.Errorf("%+v", apps)
	}
}

func TestWhatCannotBeKeptIsAnErrorOfEveryList(t *testing.T) {
	l := open(t)
	l.seats.file.Close()
	seats := make([]Assignment, 1000) // more than a buffer takes
	l.NoteApp(saas.App{ID: "a"}, "7", ActionKeep, saas.Record{}, saas.Record{})
	l.NoteAssignments("7", seats)
	failed := 0
	for _, err := range l.Apps() {
		failed += count(err)
	}
	for _, err := range l.Assignments() {
		failed += count(err)
	}
	for _, err := range l.People() {
		failed += count(err)
	}
	if failed != 3 {
		t.Errorf("%d of 3 lists say so", failed)
	}
}

func count(err error) int {
	if err != nil {
		return 1
	}
	return 0
}

func TestNothingIsLeftOfTheFiles(t *testing.T) {
	folder := t.TempDir()
	l, err := New(folder)
	if err != nil {
		t.Fatal(err)
	}
	l.NotePerson(saas.Person{Username: "ann"})
	l.Close()
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestManyAssignmentsTakeLittleMemory: the list is on disk.
func TestManyAssignmentsTakeLittleMemory(t *testing.T) {
	l := open(t)
	before := heap()
	const apps, people = 250, 1000
	for a := range apps {
		id := fmt.Sprint(a)
		l.NoteApp(saas.App{ID: id, Name: "App " + id}, id, ActionKeep, saas.Record{Name: "App " + id}, saas.Record{Name: "App " + id})
		for page := range people / 100 {
			seats := make([]Assignment, 100)
			for i := range seats {
				name := fmt.Sprintf("user-%d@contoso.com", page*100+i)
				seats[i] = Assignment{Username: name, Email: name, PersonID: fmt.Sprint(page*100 + i), New: true, After: noon}
			}
			l.NoteAssignments(id, seats)
		}
	}
	n := 0
	for _, err := range l.Assignments() {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; n != apps*people || grown > 1<<20 {
		t.Errorf("%d assignments took %d kB", n, grown>>10)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
