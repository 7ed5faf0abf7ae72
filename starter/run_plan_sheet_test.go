package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// listedChanges is a list of changes of every kind.
func listedChanges(t *testing.T) *changelist.List {
	t.Helper()
	l, err := changelist.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	record := func(name string, change func(*saas.Record)) saas.Record {
		r := saas.Record{Name: name, Source: saas.Source, LinkKey: "key of " + name}
		if change != nil {
			change(&r)
		}
		return r
	}
	imagined := saas.ImaginaryID("app-1")
	l.NoteApp(saas.App{ID: "app-1", Name: "Dropbox"}, imagined, changelist.ActionCreate, saas.Record{}, record("Dropbox", nil))
	l.NoteApp(saas.App{ID: "app-2", Name: "Box"}, "1002", changelist.ActionAdopt, record("Box", nil), record("Box", nil))
	l.NoteApp(saas.App{ID: "app-3", Name: "Slack"}, "1003", changelist.ActionChange, record("Slack (old)", nil), record("Slack", nil))
	l.NoteApp(saas.App{ID: "app-4", Name: "Zoom"}, "1004", changelist.ActionKeep, record("Zoom", nil), record("Zoom", nil))
	l.NoteApp(saas.App{ID: "app-5", Name: "Miro"}, "1005", changelist.ActionKeep, record("Miro", nil), record("Miro", nil))
	l.NoteTotal("1004", 7, 8)
	l.NotePerson(saas.Person{Username: "ann@contoso.com", Email: "ann@contoso.com", FirstName: "Ann", LastName: "Lee", Role: 25, Restricted: true})
	at := func(day int) time.Time { return time.Date(2026, 11, day, 9, 30, 0, 0, time.UTC) }
	l.NoteAssignments(imagined, []changelist.Assignment{
		{Username: "ann@contoso.com", Email: "ann@contoso.com", PersonID: saas.ImaginaryID("ann@contoso.com"), New: true, After: at(20)},
		{Username: "bob", PersonID: "100002", New: true, After: at(19)},
	})
	l.NoteAssignments("1005", []changelist.Assignment{{Username: "bob", PersonID: "100002", Before: at(1), After: at(18)}})
	return l
}

func TestTheListsOfAPlanNameWhatWouldBeWritten(t *testing.T) {
	settings, err := config.Load(t.Context(), []string{"INTEGRATION_NAME=hr", "INTEGRATION_TIMEZONE=Europe/Berlin",
		"DEFENDER_API_URL=https://contoso.eu2.portal.cloudappsecurity.com", "OOMNITZA_URL=https://contoso.oomnitza.com"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	result := contract.SessionResult{
		Session: "session/hr/run-1", Mode: "full", Reason: "first session", Began: noon, LimitApps: 5, Warnings: []string{"some lists moved while they were read"},
	}
	result.Counts.Users.Rejected = 3
	for name, format := range map[string]sheet.Format{"run_plan": sheet.Table, "run_plan_csv": sheet.CSV, "run_plan_json": sheet.JSON} {
		var out, told bytes.Buffer
		p := &planning{
			commands:   commands{streams{out: io.Discard, err: &told, clock: func() time.Time { return noon }}},
			connection: connection{settings: settings}, settings: settings, list: listedChanges(t),
		}
		sums, err := p.countChanges(result)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.writePlan(t.Context(), result, sums, format, &planFile{name: "-", out: &out}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
		if want := "a session would create 1 apps, adopt 1 and change 2; create 1 people; make 2 assignments and raise the last activity of 1\n"; told.String() != want {
			t.Errorf("it says %q", told.String())
		}
	}
}
