package sessions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestASessionGoesByItsShortNameToo(t *testing.T) {
	r := Reader{Integration: "hr"}
	for id, short := range map[string]string{
		"session/hr-2026-11-24T00:00:00Z":         "2026-11-24T00:00:00Z",
		"session/hr/run-2026-11-24T10:00:00.000Z": "run-2026-11-24T10:00:00.000Z",
	} {
		if got := r.ShortName(id); got != short || r.LongName(short) != id || r.LongName(id) != id {
			t.Errorf("%s is short %s, long %s", id, got, r.LongName(short))
		}
	}
	for _, id := range []string{"session/it-2026-11-24T00:00:00Z", "sync/hr", "session/hr", "session/hr-", "watch/hr", ""} {
		if got := r.ShortName(id); got != id {
			t.Errorf("%q is short %q", id, got)
		}
	}
	if got := r.LongName("sync/hr"); got != "sync/hr" {
		t.Errorf("the lane is long %s", got)
	}
}

func TestAFilterIsAQueryByWhatSessionsWroteAndWhatTemporalKnows(t *testing.T) {
	const mine = "WorkflowType = 'Session' AND SyncIntegration = 'hr'"
	berlin := time.FixedZone("", 3600)
	for want, f := range map[string]Filter{
		mine: {Limit: 3},
		mine + " AND StartTime >= '2026-11-01T00:00:00Z'":                                  {Since: time.Date(2026, 11, 1, 1, 0, 0, 0, berlin)},
		mine + " AND StartTime < '2026-11-01T00:00:00.5Z'":                                 {Until: time.Date(2026, 11, 1, 1, 0, 0, 500_000_000, berlin)},
		mine + " AND RunId = 'x'":                                                          {Run: "x"},
		mine + " AND SyncMode = 'full'":                                                    {Mode: saas.ModeFull},
		mine + " AND (ExecutionStatus = 'Running')":                                        {Outcomes: []saas.Outcome{saas.OutcomeRunning}},
		mine + " AND ((SyncOutcome = 'Cancelled' OR ExecutionStatus = 'Canceled'))":        {Outcomes: []saas.Outcome{saas.OutcomeCancelled}},
		mine + " AND (SyncOutcome = 'Completed with errors' OR SyncOutcome = 'Completed')": {Outcomes: []saas.Outcome{saas.OutcomeCompletedWithErrors, saas.OutcomeCompleted}},
		mine + " AND (ExecutionStatus = 'Terminated' OR SyncOutcome = 'Skipped')":          {Outcomes: []saas.Outcome{saas.OutcomeTerminated, saas.OutcomeSkipped}},
		mine + " AND ((SyncOutcome = 'Failed' OR ExecutionStatus = 'Failed') OR ExecutionStatus = 'TimedOut')": {
			Outcomes: []saas.Outcome{saas.OutcomeFailed, saas.OutcomeTimedOut}},
	} {
		if got := f.Query("hr"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestEveryOutcomeIsKnownByItsName(t *testing.T) {
	for _, o := range ListOutcomes() {
		for _, name := range []string{string(o), strings.ToUpper(string(o)), " " + strings.ToLower(string(o)) + " "} {
			if got, ok := ParseOutcome(name); !ok || got != o {
				t.Errorf("%q is %q, %v", name, got, ok)
			}
		}
	}
	if o, ok := ParseOutcome("finished"); ok || o != "" {
		t.Errorf("finished is %q", o)
	}
	if len(ListOutcomes()) != 8 {
		t.Errorf("the outcomes are %v", ListOutcomes())
	}
}

// history adds sessions that completed, one a day up to the 20th.
func history(t *testing.T, n int) *fakeTemporal {
	f := newFake(t)
	for day := range n {
		s := f.addSession(day+1, time.Duration(100-day)*time.Hour)
		s.result = contract.SessionResult{Session: s.id, Outcome: saas.OutcomeCompleted, Began: s.began, Ended: s.began.Add(time.Minute)}
		s.end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, s.began.Add(time.Minute))
	}
	return f
}

func ids(list []Session) (out []string) {
	for _, s := range list {
		out = append(out, s.Session)
	}
	return out
}

func TestSessionsAreListedLatestFirstUpToTheLimit(t *testing.T) {
	for limit, want := range map[int]int{0: 13, 1: 1, 5: 5, 13: 13, 20: 13} {
		f := history(t, 13)
		list, err := f.reader().List(t.Context(), Filter{Limit: limit})
		if err != nil || len(list) != want {
			t.Fatalf("limit %d: %v, %v", limit, ids(list), err)
		}
		for i, s := range list {
			if wanted := fmt.Sprintf("session/hr-2026-11-%02dT00:00:00Z", 13-i); s.Session != wanted || s.Outcome != saas.OutcomeCompleted {
				t.Errorf("limit %d, in place %d: %s, %s", limit, i, s.Session, s.Outcome)
			}
		}
	}
}

func TestLongListsComeInPages(t *testing.T) {
	f := newFake(t)
	for n := range 2*listPage + 1 {
		f.add(&fakeRun{id: fmt.Sprint("session/hr-", n), run: runOf(n), kind: contract.WorkflowSession, began: noon.Add(time.Duration(n)),
			status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, closed: noon, labels: map[string]any{contract.AttrStartedBy: "ann"}})
	}
	for limit, pages := range map[int]int{0: 3, listPage: 1, listPage + 1: 2} {
		f.calls["list"] = 0
		list, err := f.reader().ListLabels(t.Context(), limit)
		if err != nil || f.calls["list"] != pages || limit > 0 && len(list) != limit || list[0].StartedBy != "ann" || list[0].Outcome != saas.OutcomeCompleted {
			t.Errorf("limit %d: %d sessions in %d pages, %v", limit, len(list), f.calls["list"], err)
		}
	}
	if f.calls["get"]+f.calls["describe"] != 0 {
		t.Error("more was read than Temporal's list")
	}
	f.fail["list"] = errors.New("away")
	if list, err := f.reader().ListLabels(t.Context(), 0); err == nil || err.Error() != "list the sessions: away" || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAListThatLagsBehindIsBroughtUpToDate(t *testing.T) {
	f := history(t, 2)
	f.runs[1].listedAs = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	list, err := f.reader().List(t.Context(), Filter{})
	if err != nil || len(list) != 2 || list[0].Outcome != saas.OutcomeCompleted {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = f.reader().List(t.Context(), Filter{Outcomes: []saas.Outcome{saas.OutcomeRunning}})
	if err != nil || len(list) != 0 {
		t.Errorf("running: %v, %v", ids(list), err)
	}
	f.fail["describe "+f.runs[1].id] = errors.New("away")
	list, err = f.reader().List(t.Context(), Filter{Outcomes: []saas.Outcome{saas.OutcomeRunning}})
	if err != nil || len(list) != 1 || list[0].Outcome != saas.OutcomeRunning {
		t.Errorf("as it was listed: %+v, %v", list, err)
	}
}

func TestASessionOfUncertainOutcomeStaysInAList(t *testing.T) {
	completed := Filter{Outcomes: []saas.Outcome{saas.OutcomeCompleted}}
	for name, tc := range map[string]struct {
		filter Filter
		of     Session
		want   bool
	}{
		"the one asked for": {completed, Session{SessionResult: contract.SessionResult{Outcome: saas.OutcomeCompleted}}, true},
		"another":           {completed, Session{SessionResult: contract.SessionResult{Outcome: saas.OutcomeFailed}}, false},
		"an uncertain one":  {completed, Session{SessionResult: contract.SessionResult{Outcome: saas.OutcomeFailed}, Unclear: "no key"}, true},
		"any":               {Filter{}, Session{SessionResult: contract.SessionResult{Outcome: saas.OutcomeFailed}}, true},
	} {
		if got := tc.filter.accepts(tc.of); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestASessionIsFoundByAnyOfItsNames(t *testing.T) {
	f := history(t, 3)
	running := f.addSession(20, time.Hour)
	f.addSync(running)
	twin := f.add(&fakeRun{id: dailyID(2), run: runOf(99), kind: contract.WorkflowSession, began: f.runs[1].began, status: f.runs[1].status, closed: f.runs[1].closed, result: contract.SessionResult{Session: "twin"}})
	for name, want := range map[string]string{
		"latest": running.run, "running": running.run, "2026-11-03T00:00:00Z": runOf(3), dailyID(3): runOf(3), runOf(2): runOf(2), dailyID(2): twin.run,
		strings.ToUpper(runOf(2)): runOf(2),
	} {
		s, err := f.reader().Find(t.Context(), name)
		if err != nil || s.Run != want {
			t.Errorf("%s: %s, %v", name, s.Run, err)
		}
	}
}

func TestWhatIsNotFoundIsSaidByWhatWasAskedFor(t *testing.T) {
	f := newFake(t)
	for name, says := range map[string]string{
		"latest":               "Temporal has no session of hr in namespace apps: start one with 'defendersync run', or check INTEGRATION_NAME and TEMPORAL_NAMESPACE",
		"running":              "no session of hr is running",
		runOf(1):               "Temporal lists no session of hr with run id " + runOf(1) + " in namespace apps",
		"2026-11-03T00:00:00Z": "Temporal has no session session/hr-2026-11-03T00:00:00Z in namespace apps, or no longer",
	} {
		if _, err := f.reader().Find(t.Context(), name); err == nil || err.Error() != says {
			t.Errorf("%s: %v", name, err)
		}
	}
	sync := f.addSync(f.addSession(24, time.Hour))
	if _, err := f.reader().Find(t.Context(), sync.id); err == nil || err.Error() != "sync/hr is not a session, but a workflow of type Sync" {
		t.Error(err)
	}
	for call, names := range map[string][]string{"list": {"latest", "running", runOf(1)}, "describe": {"running", dailyID(24)}} {
		f.fail = map[string]error{call: errors.New("away")}
		for _, name := range names {
			if _, err := f.reader().Find(t.Context(), name); err == nil || !strings.HasSuffix(err.Error(), "away") {
				t.Errorf("%s without %s: %v", name, call, err)
			}
		}
	}
}

func TestTheLatestSessionMayNotBeListedYet(t *testing.T) {
	action := func(id string) client.ScheduleActionResult {
		return client.ScheduleActionResult{StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: id}}
	}
	for name, prepare := range map[string]func(*fakeTemporal, *fakeRun){
		"it holds the lane":        func(f *fakeTemporal, s *fakeRun) { f.addSync(s) },
		"the schedule started it":  func(f *fakeTemporal, s *fakeRun) { f.schedule = schedule(action(dailyID(1)), action(s.id)) },
		"no other session is kept": func(f *fakeTemporal, s *fakeRun) { f.addSync(s); f.runs = f.runs[1:] },
	} {
		f := history(t, 1)
		s := f.addSession(20, time.Hour)
		s.unlisted = true
		prepare(f, s)
		if got, err := f.reader().Find(t.Context(), "latest"); err != nil || got.Session != s.id {
			t.Errorf("%s: %s, %v", name, got.Session, err)
		}
	}
	f := history(t, 2)
	f.addSync(f.runs[0]).closed = noon
	f.schedule = schedule()
	if got, err := f.reader().Find(t.Context(), "latest"); err != nil || got.Session != dailyID(2) {
		t.Errorf("a schedule that has started nothing: %s, %v", got.Session, err)
	}
	f.schedule = schedule(action(dailyID(1)), action(dailyID(9)), client.ScheduleActionResult{})
	if got, err := f.reader().Find(t.Context(), "latest"); err != nil || got.Session != dailyID(2) {
		t.Errorf("older ones: %s, %v", got.Session, err)
	}
}

// schedule is a schedule with its recent actions.
func schedule(actions ...client.ScheduleActionResult) *client.ScheduleDescription {
	d := &client.ScheduleDescription{}
	d.Info.RecentActions = slices.Clone(actions)
	return d
}
