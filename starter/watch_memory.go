package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// memory is what the integration's watch knows, read without a worker: the
// memo that it wrote last, and the signals that wait for it since.
type memory struct {
	found   bool // there is or was a watch
	running bool
	state   contract.WatchState
	claims  []contract.NoticeClaim // that wait, in Temporal's order
}

// recall reads the watch's memory.
func (c connection) recall(ctx context.Context) (memory, error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, contract.WatchID(c.integration()), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return memory{}, nil
	}
	if err != nil {
		return memory{}, fmt.Errorf("look for the watch: %w", err)
	}
	info := d.GetWorkflowExecutionInfo()
	m := memory{running: info.GetCloseTime() == nil}
	memo := info.GetMemo().GetFields()
	if payload, ok := memo[contract.MemoWatch]; ok {
		err = c.converter.FromPayload(payload, &m.state)
	} else {
		m.state, err = c.newborn(ctx, info)
	}
	if payload, ok := memo[contract.MemoNotices]; ok && err == nil {
		err = c.converter.FromPayload(payload, &m.state.Notices)
	}
	if err != nil {
		return m, fmt.Errorf("what the watch knows can't be read: PAYLOAD_ENCRYPTION_KEY has to be the workers': %w", err)
	}
	m.found = true
	watch.MendState(&m.state, c.integration(), time.Now()) // what it once believed may be of no use
	if m.state.Stopgap {
		m.state.Watch.Settings = *c.watchSettings()
	}
	m.claims = m.state.Claims
	return m, c.catchUp(ctx, info.GetExecution(), &m)
}

// newborn is what a watch knows that no worker has taken up yet.
func (c connection) newborn(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (contract.WatchState, error) {
	page, err := c.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: c.namespace, Execution: info.GetExecution(), MaximumPageSize: 1,
	})
	if err != nil {
		return contract.WatchState{}, err
	}
	var in contract.WatchParams
	for _, e := range page.GetHistory().GetEvents() {
		if err := c.converter.FromPayloads(e.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
			return contract.WatchState{}, err
		}
	}
	if in.State != nil {
		return *in.State, nil
	}
	return *contract.NewWatchState(in.Settings, info.GetStartTime().AsTime()), nil
}

// catchUp takes in the signals that have come since the memo was written.
func (c connection) catchUp(ctx context.Context, w *commonpb.WorkflowExecution, m *memory) error {
	var waiting []*historypb.WorkflowExecutionSignaledEventAttributes
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{Namespace: c.namespace, Execution: w, MaximumPageSize: 200}
	for done := false; !done; done = done || len(request.NextPageToken) == 0 {
		page, err := c.temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
		if err != nil {
			return fmt.Errorf("read what the watch was told: %w", err)
		}
		request.NextPageToken = page.GetNextPageToken()
		for _, e := range page.GetHistory().GetEvents() {
			if e.GetWorkflowPropertiesModifiedEventAttributes() != nil {
				done = true
				break
			}
			if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
				waiting = append(waiting, s)
			}
		}
	}
	for _, s := range slices.Backward(waiting) {
		c.hear(m, s)
	}
	return nil
}

// hear takes in one signal as the watch will: what can't be right is left out.
func (c connection) hear(m *memory, s *historypb.WorkflowExecutionSignaledEventAttributes) {
	now := time.Now()
	read := func(into any) bool { return c.converter.FromPayloads(s.GetInput(), into) == nil }
	switch s.GetSignalName() {
	case contract.SignalTold:
		var t contract.ToldNotices
		if read(&t) {
			if t, usable, _ := watch.BelieveSent(t, now); usable {
				watch.RecordSent(&m.state, t)
			}
		}
	case contract.SignalClaim:
		var claim contract.NoticeClaim
		if read(&claim) && watch.CheckClaim(claim, now) == nil {
			m.claims = append(m.claims, claim)
		}
	case contract.SignalSettings:
		var settings contract.WatchSettings
		if read(&settings) {
			if settings, usable, _ := watch.BelieveSettings(settings, c.integration()); usable {
				m.state.Watch.Settings, m.state.Stopgap = settings, false
			}
		}
	case contract.SignalRead:
		var r contract.ReadNotices
		if read(&r) && watch.CheckRead(r) == nil {
			watch.MarkRead(&m.state, r)
		}
	}
}
