package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"defendersync/internal/contract"
)

var watchSettings = contract.WatchSettings{Integration: "hr", StallAfter: 24 * time.Hour, NoProgress: time.Hour, Grace: 15 * time.Minute, Every: 5 * time.Minute}

// addWatch adds a watch that was started with something.
func (f *fakeTemporal) addWatch(in contract.WatchParams) *fakeRun {
	w := f.add(&fakeRun{id: contract.WatchID("hr"), run: runOf(1), kind: contract.WorkflowWatch, began: noon.Add(-time.Hour), memo: map[string]*commonpb.Payload{}})
	f.event(w, 0, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: f.payloads(in)},
	}})
	return w
}

// write writes a watch's memo.
func (f *fakeTemporal) write(w *fakeRun, after time.Duration, memo map[string]any) {
	for key, value := range memo {
		w.memo[key] = f.payloads(value).Payloads[0]
	}
	f.event(w, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, Attributes: &historypb.HistoryEvent_WorkflowPropertiesModifiedEventAttributes{
		WorkflowPropertiesModifiedEventAttributes: &historypb.WorkflowPropertiesModifiedEventAttributes{UpsertedMemo: &commonpb.Memo{Fields: w.memo}},
	}})
}

func (f *fakeTemporal) recalled() Memory {
	f.t.Helper()
	m, err := f.reader().ReadMemory(f.t.Context(), watchSettings)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

func notice(key string) contract.Notice {
	return contract.Notice{Key: key, Kind: contract.NoticeFailed, Headline: "failed", At: noon}
}

func TestWithoutAWatchThereIsNoMemory(t *testing.T) {
	f := newFake(t)
	if m := f.recalled(); m.Found || m.Running {
		t.Errorf("%+v", m)
	}
	if state, err := f.reader().FindWatch(t.Context()); state != enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED || err != nil {
		t.Errorf("%v, %v", state, err)
	}
	f.addWatch(contract.WatchParams{})
	if state, err := f.reader().FindWatch(t.Context()); state != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || err != nil {
		t.Errorf("%v, %v", state, err)
	}
	f.fail["describe"] = errors.New("away")
	if _, err := f.reader().ReadMemory(t.Context(), watchSettings); err == nil || err.Error() != "look up the watch: away" {
		t.Error(err)
	}
	if _, err := f.reader().FindWatch(t.Context()); err == nil || err.Error() != "look up the watch: away" {
		t.Error(err)
	}
}

func TestAWatchThatNoWorkerHasPickedUpKnowsItsSettings(t *testing.T) {
	f := newFake(t)
	settings := watchSettings
	settings.Every = time.Minute
	w := f.addWatch(contract.WatchParams{Settings: settings})
	m := f.recalled()
	if !m.Found || !m.Running || m.State.Watch.Settings.Every != time.Minute || !m.State.Watch.Since.Equal(w.began) || !m.State.Watch.Looked.Equal(w.began) {
		t.Errorf("%+v", m)
	}
	f.fail["first events"] = errors.New("away")
	if m, err := f.reader().ReadMemory(t.Context(), watchSettings); err == nil || err.Error() != "read what the watch knows: away" || m.Found {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestAWatchThatContinuesKnowsWhatTheRunBeforeKnew(t *testing.T) {
	f := newFake(t)
	state := contract.NewWatchState(watchSettings, noon.Add(-48*time.Hour))
	state.LookError = "out"
	f.addWatch(contract.WatchParams{Settings: watchSettings, State: state}).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon)
	if m := f.recalled(); m.State.LookError != "out" || !m.State.Watch.Since.Equal(noon.Add(-48*time.Hour)) || m.Running || !m.Found {
		t.Errorf("%+v", m)
	}
}

func TestTheMemoIsReadWithItsNotices(t *testing.T) {
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{Settings: watchSettings})
	state := contract.NewWatchState(watchSettings, w.began)
	state.LookError = "out"
	f.write(w, time.Minute, map[string]any{contract.MemoWatch: state})
	if m := f.recalled(); m.State.LookError != "out" || len(m.State.Notices) != 0 {
		t.Errorf("%+v", m)
	}
	f.write(w, time.Minute, map[string]any{contract.MemoWatch: state, contract.MemoNotices: []contract.Notice{notice("a")}})
	if m := f.recalled(); m.State.LookError != "out" || len(m.State.Notices) != 1 || m.State.Notices[0].Key != "a" {
		t.Errorf("%+v", m)
	}
}

func TestAMemoUnderAnotherKeyNamesTheSetting(t *testing.T) {
	for _, key := range []string{contract.MemoWatch, contract.MemoNotices} {
		f := newFake(t)
		w := f.addWatch(contract.WatchParams{Settings: watchSettings})
		f.write(w, time.Minute, map[string]any{contract.MemoWatch: contract.NewWatchState(watchSettings, w.began)})
		sealed, err := withKey(t, keyOne).ToPayload("x")
		if err != nil {
			t.Fatal(err)
		}
		w.memo[key] = sealed
		if m, err := f.reader().ReadMemory(t.Context(), watchSettings); !errors.Is(err, ErrKey) || m.Found || !strings.HasPrefix(err.Error(), "cannot read what the watch knows: ") {
			t.Errorf("%s: %+v, %v", key, m, err)
		}
	}
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{})
	w.events[0].GetWorkflowExecutionStartedEventAttributes().Input = f.payloads("nonsense")
	if _, err := f.reader().ReadMemory(t.Context(), watchSettings); err == nil || errors.Is(err, ErrKey) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestSettingsThatWereLostAreReplaced(t *testing.T) {
	f := newFake(t)
	f.addWatch(contract.WatchParams{Settings: contract.WatchSettings{Integration: "another"}})
	if m := f.recalled(); m.State.Watch.Settings.Integration != "hr" || m.State.Watch.Settings.Every != watchSettings.Every || !m.State.DefaultSettings {
		t.Errorf("%+v", m.State)
	}
}

// TestSignalsSinceTheMemoAreTakenInAsTheWatchWill sends one of each kind, good and bad.
func TestSignalsSinceTheMemoAreTakenInAsTheWatchWill(t *testing.T) {
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{Settings: watchSettings})
	early := contract.NoticeClaim{By: "early", Keys: []string{"x"}, Until: noon.Add(time.Minute)}
	f.signal(w, time.Second, contract.SignalSent, contract.SentNotices{By: "cron", Notices: []contract.Notice{notice("before the memo")}})
	state := contract.NewWatchState(watchSettings, w.began)
	state.Claims = []contract.NoticeClaim{early}
	f.write(w, time.Minute, map[string]any{contract.MemoWatch: state, contract.MemoNotices: []contract.Notice{notice("a"), notice("b")}})
	settings := watchSettings
	settings.Every = time.Minute
	for range 3 * lastEvents {
		f.signal(w, 2*time.Minute, contract.SignalSession, "not of interest")
	}
	late := contract.NoticeClaim{By: "late", Keys: []string{"x"}, Until: noon.Add(time.Minute)}
	for _, s := range []struct {
		name string
		arg  any
	}{
		{contract.SignalSent, contract.SentNotices{By: "cron", Notices: []contract.Notice{notice("c")}}},
		{contract.SignalSent, contract.SentNotices{Notices: []contract.Notice{notice("nobody's")}}},
		{contract.SignalSent, 7},
		{contract.SignalClaim, late},
		{contract.SignalClaim, contract.NoticeClaim{By: "endless", Keys: []string{"x"}, Until: noon.AddDate(1, 0, 0)}},
		{contract.SignalClaim, 7},
		{contract.SignalSettings, settings},
		{contract.SignalSettings, contract.WatchSettings{Integration: "another"}},
		{contract.SignalSettings, 7},
		{contract.SignalRead, contract.ReadNotices{Keys: []string{"b"}}},
		{contract.SignalRead, contract.ReadNotices{}},
		{contract.SignalRead, 7},
	} {
		f.signal(w, 3*time.Minute, s.name, s.arg)
	}
	m := f.recalled()
	var keys []string
	for _, n := range m.State.Notices {
		keys = append(keys, n.Key)
		if n.Read != (n.Key == "b") {
			t.Errorf("%s is read: %v", n.Key, n.Read)
		}
	}
	if got := strings.Join(keys, " "); got != "a b c" {
		t.Errorf("notices %s", got)
	}
	if len(m.Claims) != 2 || m.Claims[0].By != "early" || m.Claims[1].By != "late" || m.State.Watch.Settings.Every != time.Minute {
		t.Errorf("claims %+v, settings %+v", m.Claims, m.State.Watch.Settings)
	}
	f.fail["last events"] = errors.New("away")
	if _, err := f.reader().ReadMemory(t.Context(), watchSettings); err == nil || !strings.HasPrefix(err.Error(), "read the watch's signals: ") {
		t.Error(err)
	}
}

func TestLostSettingsComeBackByASignal(t *testing.T) {
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{})
	f.signal(w, time.Minute, contract.SignalSettings, watchSettings)
	if m := f.recalled(); m.State.DefaultSettings || m.State.Watch.Settings.Integration != "hr" {
		t.Errorf("%+v", m.State)
	}
}

func TestOfSeveralClaimsTheFirstThatHoldsCounts(t *testing.T) {
	soon := noon.Add(time.Minute)
	mine := contract.NoticeClaim{By: "me", Keys: []string{"a", "b"}, Until: soon}
	claim := func(by, key string, until time.Time) contract.NoticeClaim {
		return contract.NoticeClaim{By: by, Keys: []string{key}, Until: until}
	}
	for name, tc := range map[string]struct {
		claims []contract.NoticeClaim
		want   bool
	}{
		"mine alone":           {[]contract.NoticeClaim{mine}, true},
		"mine first":           {[]contract.NoticeClaim{mine, claim("you", "a", soon)}, true},
		"yours first":          {[]contract.NoticeClaim{claim("you", "a", soon), mine}, false},
		"yours is void by now": {[]contract.NoticeClaim{claim("you", "a", noon), mine}, true},
		"mine is void by now":  {[]contract.NoticeClaim{claim("me", "a", noon), claim("you", "a", soon)}, true},
		"yours is of another":  {[]contract.NoticeClaim{claim("you", "c", soon), mine}, true},
		"none arrived":         {nil, false},
	} {
		if got := (Memory{Claims: tc.claims}).Grants(mine, "a", noon); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
