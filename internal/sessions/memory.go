package sessions

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// Memory is what the integration's watch knows: the memo that it wrote last, and the
// signals that it has not processed since. It is read without a worker.
type Memory struct {
	Found   bool // there is a watch, or there was one
	Running bool
	State   contract.WatchState
	Claims  []contract.NoticeClaim // to notices that are about to be sent from outside, the first one first
}

// ReadMemory reads the memory of the integration's watch. settings replace the watch's
// own if these have been lost.
func (r Reader) ReadMemory(ctx context.Context, settings contract.WatchSettings) (Memory, error) {
	d, err := r.describe(ctx, contract.WatchID(r.Integration), "")
	if err != nil {
		return Memory{}, fmt.Errorf("look up the watch: %w", err)
	}
	if d == nil {
		return Memory{}, nil
	}
	info := d.GetWorkflowExecutionInfo()
	m := Memory{Running: info.GetCloseTime() == nil}
	if m.State, err = r.readWatchState(ctx, info); err != nil {
		return m, err
	}
	m.Found = true
	watch.MendState(&m.State, r.Integration, r.now()) // an older version may have believed a bad signal
	if m.State.DefaultSettings {
		m.State.Watch.Settings = settings
	}
	m.Claims = m.State.Claims
	return m, r.addSignals(ctx, info.GetExecution(), &m)
}

// FindWatch returns the status of the integration's watch; UNSPECIFIED if there has never
// been one.
func (r Reader) FindWatch(ctx context.Context) (enumspb.WorkflowExecutionStatus, error) {
	d, err := r.describe(ctx, contract.WatchID(r.Integration), "")
	if err != nil {
		return 0, fmt.Errorf("look up the watch: %w", err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus(), nil
}

// readWatchState reads the memo of a watch, or, if no worker has picked it up yet, what
// it was started with.
func (r Reader) readWatchState(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (state contract.WatchState, err error) {
	const what = "what the watch knows"
	memo := info.GetMemo().GetFields()
	if payload, ok := memo[contract.MemoWatch]; ok {
		err = r.decodeOne(what, payload, &state)
	} else {
		state, err = r.readWatchInput(ctx, info)
	}
	if payload, ok := memo[contract.MemoNotices]; ok && err == nil {
		err = r.decodeOne(what, payload, &state.Notices)
	}
	if err != nil && !isKeyError(err) {
		err = fmt.Errorf("read what the watch knows: %w", err)
	}
	return state, err
}

// readWatchInput reads what a watch was started with.
func (r Reader) readWatchInput(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (contract.WatchState, error) {
	answer, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.Namespace, Execution: info.GetExecution(), MaximumPageSize: 1,
	})
	if err != nil {
		return contract.WatchState{}, err
	}
	var in contract.WatchParams
	for _, e := range answer.GetHistory().GetEvents() {
		if err := r.decode("what the watch knows", e.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
			return contract.WatchState{}, err
		}
	}
	if in.State != nil {
		return *in.State, nil
	}
	return *contract.NewWatchState(in.Settings, info.GetStartTime().AsTime()), nil
}

// addSignals adds the signals that have arrived since the memo was written.
func (r Reader) addSignals(ctx context.Context, w *commonpb.WorkflowExecution, m *Memory) error {
	var waiting []*historypb.WorkflowExecutionSignaledEventAttributes
	err := r.walkBackward(ctx, w.GetWorkflowId(), w.GetRunId(), allEvents, func(e *historypb.HistoryEvent) bool {
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
			waiting = append(waiting, s)
		}
		return e.GetWorkflowPropertiesModifiedEventAttributes() == nil
	})
	if err != nil {
		return fmt.Errorf("read the watch's signals: %w", err)
	}
	for _, s := range slices.Backward(waiting) {
		r.addSignal(m, s)
	}
	return nil
}

// addSignal adds one signal the way the watch will: whatever cannot be right is left
// out.
func (r Reader) addSignal(m *Memory, s *historypb.WorkflowExecutionSignaledEventAttributes) {
	now := r.now()
	read := func(into any) bool { return r.decode("a signal", s.GetInput(), into) == nil }
	switch s.GetSignalName() {
	case contract.SignalSent:
		var told contract.SentNotices
		if read(&told) {
			if told, usable, _ := watch.BelieveSent(told, now); usable {
				watch.RecordSent(&m.State, told)
			}
		}
	case contract.SignalClaim:
		var claim contract.NoticeClaim
		if read(&claim) && watch.CheckClaim(claim, now) == nil {
			m.Claims = append(m.Claims, claim)
		}
	case contract.SignalSettings:
		var settings contract.WatchSettings
		if read(&settings) {
			if settings, usable, _ := watch.BelieveSettings(settings, r.Integration); usable {
				m.State.Watch.Settings, m.State.DefaultSettings = settings, false
			}
		}
	case contract.SignalRead:
		var marked contract.ReadNotices
		if read(&marked) && watch.CheckRead(marked) == nil {
			watch.MarkRead(&m.State, marked)
		}
	}
}

// Grants reports whether a claim may send a notice: of the claims to it that have not
// expired, Temporal took this one first.
func (m Memory) Grants(claim contract.NoticeClaim, key string, now time.Time) bool {
	for _, c := range m.Claims {
		if slices.Contains(c.Keys, key) && (c.By == claim.By || c.Until.After(now)) {
			return c.By == claim.By
		}
	}
	return false
}
