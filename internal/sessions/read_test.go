package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// readOnly reads the only session that there is.
func (f *fakeTemporal) readOnly() Session {
	f.t.Helper()
	s, err := f.reader().Read(f.t.Context(), dailyID(24), "")
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// failedWith is the failure of a workflow, with details or none.
func (f *fakeTemporal) failedWith(kind, message string, details ...any) error {
	info := &failurepb.ApplicationFailureInfo{Type: kind, NonRetryable: true}
	if len(details) > 0 {
		info.Details = f.payloads(details...)
	}
	return f.failureOf(&failurepb.Failure{Message: message, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: info}})
}

func (f *fakeTemporal) terminated() error {
	return f.failureOf(&failurepb.Failure{Message: "terminated", FailureInfo: &failurepb.Failure_TerminatedFailureInfo{TerminatedFailureInfo: &failurepb.TerminatedFailureInfo{}}})
}

func TestAnEndedSessionHasTheResultThatItReported(t *testing.T) {
	result := contract.SessionResult{Session: dailyID(24), Mode: "full", Outcome: "as reported", Pages: 7}
	for name, tc := range map[string]struct {
		status enumspb.WorkflowExecutionStatus
		fail   func(*fakeTemporal) error
	}{
		"completed": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, func(*fakeTemporal) error { return nil }},
		"failed": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, func(f *fakeTemporal) error {
			return f.failedWith(contract.FailureSession, "Defender is out", result)
		}},
		"cancelled": {enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, func(f *fakeTemporal) error { return f.cancelledWith(f.payloads(result)) }},
	} {
		f := newFake(t)
		run := f.addSession(24, time.Hour).end(tc.status, noon)
		run.result, run.failure = result, tc.fail(f)
		s := f.readOnly()
		if s.Outcome != "as reported" || s.Pages != 7 || s.Mode != "full" || s.Run != run.run || s.Unclear != "" || s.KeyError != nil {
			t.Errorf("%s: %+v", name, s)
		}
		if s.Progress != nil || s.Queued != nil {
			t.Errorf("%s is running", name)
		}
	}
}

func TestAnEndedSessionWithoutAResultIsToldByTemporal(t *testing.T) {
	labelled := map[string]any{contract.AttrOutcome: "Completed with errors", contract.AttrMode: "incremental", contract.AttrStartedBy: "ann@desk"}
	for name, tc := range map[string]struct {
		status  enumspb.WorkflowExecutionStatus
		failure func(*fakeTemporal) error
		labels  map[string]any
		outcome saas.Outcome
		unclear string
		key     bool
	}{
		"by an unknown error": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, func(f *fakeTemporal) error { return f.failedWith("panic", "out of order") }, nil,
			saas.OutcomeFailed, dailyID(24) + " failed before it could report: out of order", false},
		"with a failure of ours that tells nothing": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, func(f *fakeTemporal) error { return f.failedWith(contract.FailureSession, "x") }, nil,
			saas.OutcomeFailed, "session " + dailyID(24) + ": x", false},
		"cancelled by Temporal alone": {enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, func(f *fakeTemporal) error { return f.cancelledWith(nil) }, nil,
			saas.OutcomeCancelled, "session " + dailyID(24) + ": canceled", false},
		"under another key": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, func(*fakeTemporal) error { return errors.New("decrypt a payload: no key") }, labelled,
			saas.OutcomeCompletedWithErrors, "PAYLOAD_ENCRYPTION_KEY must be the same", true},
		"under another key, and not labelled": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, func(*fakeTemporal) error { return errors.New("decrypt a payload: no key") }, nil,
			saas.OutcomeCompleted, "cannot read its result", true},
		"with another result": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, func(f *fakeTemporal) error { return f.failedWith(contract.FailureSession, "x", "nonsense") }, nil,
			saas.OutcomeFailed, "cannot unmarshal", false},
		"cancelled with another result": {enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, func(f *fakeTemporal) error { return f.cancelledWith(f.payloads("nonsense")) }, nil,
			saas.OutcomeCancelled, "cannot unmarshal", false},
	} {
		f := newFake(t)
		run := f.addSession(24, time.Hour).end(tc.status, noon)
		run.labels, run.failure = tc.labels, tc.failure(f)
		s := f.readOnly()
		if s.Outcome != tc.outcome || !strings.Contains(s.Unclear, tc.unclear) || (s.KeyError != nil) != tc.key || tc.key && !errors.Is(s.KeyError, ErrKey) {
			t.Errorf("%s: %s, %s, %v", name, s.Outcome, s.Unclear, s.KeyError)
		}
		if s.Session != run.id || s.Integration != "hr" || !s.Began.Equal(run.began) || !s.Ended.Equal(noon) {
			t.Errorf("%s: %+v", name, s)
		}
		if tc.labels != nil && (s.Mode != "incremental" || s.StartedBy != "ann@desk") {
			t.Errorf("%s: mode %s, by %s", name, s.Mode, s.StartedBy)
		}
	}
}

func TestASessionThatWasEndedFromOutsideHasItsLastReport(t *testing.T) {
	report := contract.Progress{Mode: "full", Reason: "first", Pages: 3, Streams: []string{"a"}, Warnings: []string{"w"}, Requests: saas.Requests{Defender: 5}, Counts: saas.Counts{Users: saas.UserCounts{Seen: 9}}}
	for status, tc := range map[enumspb.WorkflowExecutionStatus]struct {
		outcome saas.Outcome
		word    string
	}{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: {saas.OutcomeTerminated, "terminated"},
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  {saas.OutcomeTimedOut, "timed out"},
	} {
		f := newFake(t)
		run := f.addSession(24, time.Hour).end(status, noon)
		run.labels = map[string]any{contract.AttrOutcome: "Running", contract.AttrMode: "incremental"}
		s := f.readOnly()
		if s.Outcome != tc.outcome || s.Error != "it was ended from outside ("+tc.word+"); the counts are the last it reported" || s.Unclear != "" || s.Mode != "incremental" {
			t.Errorf("%v, nothing reported: %+v", status, s)
		}
		f.signal(run, time.Minute, contract.SignalProgress, 7)
		if s := f.readOnly(); !strings.Contains(s.Unclear, "cannot unmarshal") || s.KeyError != nil {
			t.Errorf("%v, nonsense reported: %q, %v", status, s.Unclear, s.KeyError)
		}
		f.signal(run, time.Minute, contract.SignalProgress, report)
		if s := f.readOnly(); s.Unclear != "" || s.Mode != "full" || s.Reason != "first" || s.Pages != 3 || len(s.Streams) != 1 || len(s.Warnings) != 1 || s.Requests.Defender != 5 || s.Counts.Users.Seen != 9 {
			t.Errorf("%v: %+v", status, s)
		}
		f.fail["last events"] = errors.New("away")
		if s := f.readOnly(); !strings.HasSuffix(s.Unclear, "away") {
			t.Errorf("%v, Temporal is away: %q", status, s.Unclear)
		}
	}
}

func TestARunningSessionShowsHowFarItIs(t *testing.T) {
	f, _ := carrying(t)
	f.progress.Mode = "full"
	s := f.readOnly()
	if s.Outcome != saas.OutcomeRunning || s.Progress == nil || s.Progress.AppsDone != 11 || s.Counts.Users.Seen != 120 || s.Mode != "full" || s.Queued != nil || s.Unclear != "" || !s.Ended.IsZero() {
		t.Errorf("%+v", s)
	}
	if want := noon.Add(-time.Hour + time.Second); s.Progress.Ends.Sub(noon) != noon.Sub(want)/11*20 {
		t.Errorf("it ends at %s", s.Progress.Ends)
	}
	f.runs[0].status = enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	if s := f.readOnly(); s.Outcome != saas.OutcomeRunning || s.Progress == nil {
		t.Errorf("paused: %+v", s)
	}
}

func TestARunningSessionWhoseWorkerIsSilentSaysWhatToCheck(t *testing.T) {
	f, _ := carrying(t)
	f.progress = nil
	if s := f.readOnly(); s.Unclear != "no worker reports its progress: check that a defendersync-worker polls task queue defendersync/hr, see 'defendersync workers'" || s.Progress != nil || s.KeyError != nil {
		t.Errorf("%+v", s)
	}
	f, _ = carrying(t)
	f.fail["answer"] = errors.New("decrypt a payload: no key")
	if s := f.readOnly(); !errors.Is(s.KeyError, ErrKey) || s.Progress != nil || s.Unclear != s.KeyError.Error() {
		t.Errorf("%+v", s)
	}
}

func TestASessionThatNoWorkerHasPickedUpIsQueued(t *testing.T) {
	f := newFake(t)
	run := f.addSession(24, time.Hour)
	if s := f.readOnly(); s.Queued == nil || s.Queued.ID != run.id || s.Progress != nil || s.Unclear != "" {
		t.Errorf("queued: %+v", s)
	}
	f.pickUp(run, time.Second)
	if s := f.readOnly(); s.Queued != nil || s.Progress != nil || s.Unclear != "" || f.calls["query"] != 0 {
		t.Errorf("about to end as skipped: %+v", s)
	}
	f.fail["first events"] = errors.New("away")
	if s := f.readOnly(); s.Queued != nil || s.Outcome != saas.OutcomeRunning {
		t.Errorf("Temporal is away: %+v", s)
	}
}

func TestADryRunIsToldByItsLabel(t *testing.T) {
	f := newFake(t)
	run := f.addSession(24, time.Hour)
	run.labels = map[string]any{contract.AttrMode: "dry run", contract.AttrStartedBy: []int{1}}
	if s := f.readOnly(); !s.DryRun || s.Mode != "" || s.StartedBy != "" {
		t.Errorf("%+v", s)
	}
}

func TestALimitedSessionIsToldByItsLabel(t *testing.T) {
	f := newFake(t)
	run := f.addSession(24, time.Hour)
	run.labels = map[string]any{contract.AttrMode: contract.LimitedMode(5)}
	if s := f.readOnly(); s.LimitApps != 5 || s.DryRun || s.Mode != "" {
		t.Errorf("%+v", s)
	}
}

func TestASessionThatTemporalCannotDescribeIsAnError(t *testing.T) {
	f := newFake(t)
	f.fail["describe"] = errors.New("away")
	if _, err := f.reader().Read(t.Context(), "x", ""); err == nil || err.Error() != "read session x: away" {
		t.Error(err)
	}
}

func TestTheEndOfASessionIsNowWhileItRuns(t *testing.T) {
	s := Session{}
	if got := s.EndOrNow(noon); !got.Equal(noon) {
		t.Error(got)
	}
	s.Ended = noon.Add(-time.Hour)
	if got := s.EndOrNow(noon); !got.Equal(s.Ended) {
		t.Error(got)
	}
}

func TestASessionTellsHowMuchItReads(t *testing.T) {
	for want, s := range map[string]Session{
		"":                            {},
		"full":                        {SessionResult: contract.SessionResult{Mode: "full"}},
		"full, first 5 apps":          {SessionResult: contract.SessionResult{Mode: "full", LimitApps: 5}},
		"dry run, incremental":        {SessionResult: contract.SessionResult{Mode: "incremental", DryRun: true}},
		"dry run, full, first 1 apps": {SessionResult: contract.SessionResult{Mode: "full", DryRun: true, LimitApps: 1}},
	} {
		if got := s.DescribeMode(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
