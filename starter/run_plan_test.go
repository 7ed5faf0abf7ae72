package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// planJSON is a list of changes in JSON.
type planJSON struct {
	Kind        string
	Integration string
	Data        struct {
		Apps        []struct{ App, Action, Field, Before, After string }
		People      []struct{ Username, Email, Role string }
		Assignments []struct{ App, Username, Action, LastActivity string }
	}
	Counts map[string]int
}

func readPlan(t *testing.T, text string) (p planJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return p
}

// TestThePlanOfADryRunIsWhatTheNextSessionDoes runs the whole product: the session on a
// worker, and its activities in the command.
func TestThePlanOfADryRunIsWhatTheNextSessionDoes(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	before := r.Sim.Holdings()
	file := filepath.Join(t.TempDir(), "plan.json")
	r.run("run", "--dry-run", "--plan", file).ends(exitCompleted).says("started session/", "a session would create 12 apps", "which only you can read").
		prints("dry run: nothing was written")
	if now := r.Sim.Holdings(); now.Counts != before.Counts {
		t.Fatalf("the dry run wrote: %+v", now.Counts)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan := readPlan(t, string(text))
	if plan.Kind != "run.plan" || plan.Integration != r.Name || plan.Counts["assignments"] != len(plan.Data.Assignments) {
		t.Errorf("%+v", plan)
	}
	r.run("run", "--full", "--follow").ends(exitCompleted)
	now := r.Sim.Holdings()
	for _, a := range plan.Data.Apps {
		if a.Field == "name" && (a.Action != "create" || now.SaaS[a.After].Name != a.After) {
			t.Errorf("%+v was not done", a)
		}
	}
	for _, p := range plan.Data.People {
		if got := now.People[p.Username]; got.Email != p.Email || fmt.Sprint(got.Role) != p.Role {
			t.Errorf("%+v was not done: %+v", p, got)
		}
	}
	if made := len(now.People) - len(before.People); made != len(plan.Data.People) || made == 0 {
		t.Errorf("%d people were created, %d are listed", made, len(plan.Data.People))
	}
	assigned := 0
	for _, seats := range now.Assigned {
		assigned += len(seats)
	}
	if assigned != len(plan.Data.Assignments) || assigned == 0 {
		t.Errorf("%d assignments were made, %d are listed", assigned, len(plan.Data.Assignments))
	}
	second := r.run("run", "--dry-run", "--plan", "-", "--output", "json").ends(exitCompleted).says("a session would create 0 apps", "dry run: nothing was written")
	if plan := readPlan(t, second.out); plan.Counts["people"]+plan.Counts["assignments"] != 0 {
		t.Errorf("after a session there is left %v", plan.Counts)
	}
}

func TestAPlanIsATableASheetOrAWorkbook(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	folder := t.TempDir()
	r.run("run", "--dry-run", "--limit-apps", "2", "--plan", "-").ends(exitCompleted).prints("Apps\n\n", "App in Oomnitza", "People\n\n", "Assignments\n\n").
		says("limited to the first 2 apps", "a session would create 2 apps")
	r.run("run", "--dry-run", "--plan", filepath.Join(folder, "plan.csv")).ends(exitCompleted)
	if text, err := os.ReadFile(filepath.Join(folder, "plan.csv")); err != nil || !strings.HasPrefix(string(text), "list,app,action,field,before,after,") || !strings.Contains(string(text), "\r\npeople,") {
		t.Errorf("%s, %v", text, err)
	}
	r.run("run", "--dry-run", "--plan", filepath.Join(folder, "plan.xlsx")).ends(exitCompleted)
	book, err := excelize.OpenFile(filepath.Join(folder, "plan.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if sheets := strings.Join(book.GetSheetList(), " "); sheets != "Apps People Assignments About" {
		t.Errorf("sheets %s", sheets)
	}
}

func TestAnInterruptEndsADryRunThatIsListed(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	folder := t.TempDir()
	ended := make(chan ran)
	go func() {
		ended <- runIn(t, ctx, streams{environ: r.Env}, "run", "--dry-run", "--plan", filepath.Join(folder, "plan.xlsx"))
	}()
	eventually(t, "the session runs", func() bool { return r.run("sessions", "show", "running").code == exitCompleted })
	cancel()
	(<-ended).ends(exitInterrupted).says("the dry run was cancelled, and no list was written")
	eventually(t, "the session is cancelled", func() bool { return r.lists(1)[0].Outcome == string(saas.OutcomeCancelled) })
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left is %v, %v", left, err)
	}
}

func TestALimitedSessionWritesAFewAppsAndSaysSo(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("run", "--limit-apps", "3", "--follow").ends(exitCompleted).prints("limited to the first 3 apps")
	if n := len(r.Sim.Holdings().SaaS); n != 3 {
		t.Errorf("%d apps were written", n)
	}
	r.run("sessions", "list").ends(exitCompleted).prints("full, first 3 apps")
	r.run("sessions", "show").ends(exitCompleted).prints("limited to the first 3 apps")
	var result sessionJSON
	got := r.run("run", "--limit-apps", "3", "--follow", "--output", "json").ends(exitCompleted)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	last := struct{ Data *sessionJSON }{&result}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || result.LimitApps != 3 || result.Mode != "full" {
		t.Errorf("%v: %+v", err, result)
	}
	r.run("run", "--follow").ends(exitCompleted).prints("full session (first session")
	if n := len(r.Sim.Holdings().SaaS); n != 12 {
		t.Errorf("the next session left %d apps", n)
	}
}

func TestASessionOfAnOlderWorkerIsNoLimitedOne(t *testing.T) {
	o := runOptions{limitApps: 5}
	if err := o.checkKept(contract.SessionResult{Mode: "full", LimitApps: 5}); err != nil {
		t.Error(err)
	}
	if err := o.checkKept(contract.SessionResult{Mode: "full", DryRun: true}); err == nil || !strings.Contains(err.Error(), "upgrade the workers") {
		t.Error(err)
	}
}

func TestRunRefusesAPlanOfNoDryRunAndALimitOfNothing(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("run", "--plan", "plan.xlsx").ends(exitUsage).says("add --dry-run")
	r.run("run", "--dry-run", "--plan", "plan").ends(exitUsage).says("no known extension")
	r.run("run", "--limit-apps", "0").ends(exitUsage).says("--limit-apps 0: use 1 or more")
	r.runWith([]string{"OOMNITZA_URL="}, "run", "--dry-run", "--plan", "plan.xlsx").ends(exitUsage).says("--plan reads both tenants from here", "OOMNITZA_URL")
	if _, err := os.Stat("plan.xlsx"); err == nil {
		t.Error("a file was written")
	}
}

func TestADryRunThatFailsListsNothing(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	folder := t.TempDir()
	r.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 1}})
	r.run("run", "--dry-run", "--plan", filepath.Join(folder, "plan.csv")).ends(exitFailed).says("no list was written: the dry run did not complete")
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left is %v, %v", left, err)
	}
	r.Sim.SetFaults(simulator.Faults{BadUsers: 0.2})
	r.run("run", "--dry-run", "--plan", filepath.Join(folder, "plan.json")).ends(exitWithErrors).says("wrote the list to ")
	text, err := os.ReadFile(filepath.Join(folder, "plan.json"))
	if err != nil || !strings.Contains(string(text), "rows could not be read and are not listed: see 'defendersync sessions errors'") {
		t.Errorf("%v: %.500s", err, text)
	}
	r.run("run", "--dry-run", "--plan", filepath.Join(folder, "nowhere", "plan.csv")).ends(exitFailed).says("nowhere")
}

// planOf lists what a dry run would write, of whose session the counts are given.
func planOf(t *testing.T, note func(*changelist.List), r contract.SessionResult) (planSums, error) {
	t.Helper()
	list, err := changelist.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(list.Close)
	note(list)
	return (&planning{list: list}).countChanges(r)
}

func TestAListHoldsWhatItsSessionCounted(t *testing.T) {
	note := func(l *changelist.List) {
		l.NoteApp(saas.App{ID: "1"}, "11", changelist.ActionCreate, saas.Record{}, saas.Record{Name: "One"})
		l.NoteApp(saas.App{ID: "2"}, "12", changelist.ActionAdopt, saas.Record{Name: "Two"}, saas.Record{Name: "Two"})
		l.NoteApp(saas.App{ID: "3"}, "13", changelist.ActionChange, saas.Record{Name: "Three"}, saas.Record{Name: "Third"})
		l.NoteApp(saas.App{ID: "4"}, "14", changelist.ActionKeep, saas.Record{Name: "Four"}, saas.Record{Name: "Four"})
		l.NotePerson(saas.Person{Username: "ann"})
		l.NoteAssignments("11", []changelist.Assignment{{PersonID: "a", New: true}, {PersonID: "b", New: true}})
		l.NoteAssignments("14", []changelist.Assignment{{PersonID: "a"}})
	}
	count := func(apps, people, users int) (r contract.SessionResult) {
		r.Counts.Apps.Created, r.Counts.People.Created, r.Counts.Users.Added = apps, people, users
		return r
	}
	for name, tc := range map[string]struct {
		counted contract.SessionResult
		whole   bool
	}{
		"all of it":                      {count(1, 1, 2), true},
		"more than it, as after a retry": {count(0, 0, 1), true},
		"an app less":                    {count(2, 1, 2), false},
		"a person less":                  {count(1, 2, 2), false},
		"an assignment less":             {count(1, 1, 3), false},
	} {
		sums, err := planOf(t, note, tc.counted)
		if (err == nil) != tc.whole || err != nil && !strings.Contains(err.Error(), "the list is incomplete, so none was written") {
			t.Errorf("%s: %v", name, err)
		}
		if want := "create 1 apps, adopt 1 and change 1; create 1 people; make 2 assignments and raise the last activity of 1"; sums.String() != want {
			t.Errorf("%s: it says %s", name, sums)
		}
	}
}
