package sessions

import (
	"errors"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/contract"
)

// sealedBy is a payload that a key has encrypted; "": none has.
func sealedBy(key string) *commonpb.Payload {
	if key == "" {
		return &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)}}
	}
	return &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte("binary/encrypted"), "encryption-key-id": []byte(key)}}
}

// startedWith are the first events of a run whose input a key has encrypted.
func startedWith(key string) []*historypb.HistoryEvent {
	return []*historypb.HistoryEvent{
		{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{sealedBy(key)}}},
		}},
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED},
	}
}

// endedWith are those of one that completed with a result, which another key has encrypted.
func endedWith(input, result string) []*historypb.HistoryEvent {
	return append(startedWith(input), &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
		WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: &commonpb.Payloads{Payloads: []*commonpb.Payload{sealedBy(result)}}},
	}})
}

// scheduleOf is a schedule with an encrypted input that has started runs.
func scheduleOf(key string, started ...string) *client.ScheduleDescription {
	d := &client.ScheduleDescription{Schedule: client.Schedule{Action: &client.ScheduleWorkflowAction{Args: []any{sealedBy(key)}}}}
	for _, run := range started {
		a := client.ScheduleActionResult{}
		if run != "" {
			a.StartWorkflowResult = &client.ScheduleWorkflowExecution{WorkflowID: "session/hr-" + run, FirstExecutionRunID: run}
		}
		d.Info.RecentActions = append(d.Info.RecentActions, a)
	}
	return d
}

func TestWhatWorkersHaveToReadIsListedWithItsKeys(t *testing.T) {
	const completed, failed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	run := func(name string, status enumspb.WorkflowExecutionStatus, events []*historypb.HistoryEvent) *fakeRun {
		return &fakeRun{id: "session/hr-" + name, run: name, kind: contract.WorkflowSession, began: noon, status: status, events: events}
	}
	watch := &fakeRun{id: contract.WatchID("hr"), run: "w", kind: contract.WorkflowWatch, began: noon, events: startedWith("old")}
	for name, tc := range map[string]struct {
		schedule *client.ScheduleDescription
		runs     []*fakeRun
		want     []KeyUse
	}{
		"nothing":             {},
		"the watch alone":     {nil, []*fakeRun{watch}, []KeyUse{{"the watch", "old"}}},
		"a schedule alone":    {scheduleOf("new"), nil, []KeyUse{{"the schedule", "new"}}},
		"what is no workflow": {&client.ScheduleDescription{}, nil, nil},
		"all that there is": {scheduleOf("new", "a"), []*fakeRun{watch, run("a", completed, endedWith("old", "older")), run("b", 0, startedWith(""))}, []KeyUse{
			{"the schedule", "new"}, {"the result of the last scheduled session", "older"}, {"the watch", "old"}, {"b", ""}}},
		"the last that completed": {scheduleOf("", "a", "b", "c", ""), []*fakeRun{
			run("a", completed, endedWith("", "first")), run("b", completed, endedWith("", "second")), run("c", failed, startedWith(""))},
			[]KeyUse{{"the schedule", ""}, {"the result of the last scheduled session", "second"}}},
		"none that completed": {scheduleOf("", "a"), []*fakeRun{run("a", failed, startedWith(""))}, []KeyUse{{"the schedule", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			for _, r := range tc.runs {
				f.add(r)
			}
			got, err := f.reader().ListKeyUses(t.Context(), tc.schedule)
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("listed are %+v, %v; want %+v", got, err, tc.want)
			}
		})
	}
}

func TestKeysThatCannotBeReadAreNotPassedOver(t *testing.T) {
	fault := errors.New("out of order")
	for call, says := range map[string]string{
		"describe":     "look up session session/hr-a",
		"last events":  "read the latest events of session/hr-a",
		"list":         "out of order",
		"first events": "read how the watch began",
	} {
		f := newFake(t)
		f.add(&fakeRun{id: "session/hr-a", run: "a", kind: contract.WorkflowSession, status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, events: endedWith("", "")})
		f.fail[call] = fault
		if got, err := f.reader().ListKeyUses(t.Context(), scheduleOf("", "a")); !errors.Is(err, fault) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s fails: %+v, %v", call, got, err)
		}
	}
}

func TestTheKeyOfTheWatchIsThatOfTheOneThatRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		run   *fakeRun
		key   string
		found bool
	}{
		"none":                   {nil, "", false},
		"one that runs":          {&fakeRun{events: startedWith("old")}, "old", true},
		"one without encryption": {&fakeRun{events: startedWith("")}, "", true},
		"one that has ended":     {&fakeRun{status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, events: startedWith("old")}, "", false},
		"one without an input":   {&fakeRun{events: startedWith("old")[1:]}, "", false},
		"one without a history":  {&fakeRun{}, "", false},
	} {
		f := newFake(t)
		if tc.run != nil {
			tc.run.id, tc.run.kind, tc.run.began = contract.WatchID("hr"), contract.WorkflowWatch, noon
			f.add(tc.run)
		}
		if key, found, err := f.reader().ReadWatchKey(t.Context()); key != tc.key || found != tc.found || err != nil {
			t.Errorf("%s: %q, %v, %v", name, key, found, err)
		}
	}
	f := newFake(t)
	f.add(&fakeRun{id: contract.WatchID("hr"), kind: contract.WorkflowWatch, events: startedWith("old")})
	f.fail["first events"] = errors.New("out of order")
	if _, found, err := f.reader().ReadWatchKey(t.Context()); found || err == nil {
		t.Errorf("a history that can't be read: %v, %v", found, err)
	}
}
