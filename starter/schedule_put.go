package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// wantedSchedule is a Temporal Schedule as it should be: the one of the
// sessions, or the one of a report.
type wantedSchedule struct {
	id      string
	title   string // for errors, such as "the schedule"
	times   config.Schedule
	jitter  time.Duration
	catchUp time.Duration
	action  *client.ScheduleWorkflowAction

	// differs reports whether the schedule that there is has to be updated.
	differs func(client.Schedule) (bool, error)
}

// putResult is what putSchedule has done.
type putResult string

const (
	scheduleCreated   putResult = "created"
	scheduleUpdated   putResult = "updated"
	scheduleUnchanged putResult = "unchanged"
)

// putSchedule creates a schedule, or updates an existing one that differs. A
// pause is the operator's decision and stays.
func (c connection) putSchedule(ctx context.Context, want wantedSchedule) (putResult, error) {
	spec, policies := want.timesSpec(), want.startPolicies()
	schedules := c.temporal.ScheduleClient()
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID: want.id, Spec: spec, Action: want.action, Overlap: policies.Overlap, CatchupWindow: policies.CatchupWindow,
	})
	if err == nil {
		return scheduleCreated, nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return "", needsSetup(fmt.Errorf("create %s: %w", want.title, err))
	}
	result := scheduleUnchanged
	err = schedules.GetHandle(ctx, want.id).Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		s := in.Description.Schedule
		differs, err := want.differs(s)
		switch {
		case err != nil:
			return nil, err
		case !differs:
			return nil, temporal.ErrSkipScheduleUpdate
		}
		result = scheduleUpdated
		spec.StartAt = endOfPause(s)
		s.Spec, s.Action, s.Policy = &spec, want.action, &policies
		if s.State != nil {
			s.State.LimitedActions, s.State.RemainingActions = false, 0
		}
		return &client.ScheduleUpdate{Schedule: &s}, nil
	}})
	if err != nil {
		return "", needsSetup(fmt.Errorf("update %s: %w", want.title, err))
	}
	return result, nil
}

// endOfPause is before when a schedule starts nothing because somebody paused it on purpose
// until then; zero if nobody did.
func endOfPause(s client.Schedule) time.Time {
	if s.Spec == nil || s.State == nil {
		return time.Time{}
	}
	if note, ours := contract.ParsePauseNote(s.State.Note); ours && note.Ends.Equal(s.Spec.StartAt) {
		return s.Spec.StartAt
	}
	return time.Time{}
}

// timesSpec is when the schedule starts its workflow. An interval's time zone
// only matters for display.
func (w wantedSchedule) timesSpec() client.ScheduleSpec {
	spec := client.ScheduleSpec{TimeZoneName: w.times.Timezone, Jitter: w.jitter}
	if w.times.Every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: w.times.Every}}
	} else {
		spec.CronExpressions = []string{w.times.Cron}
	}
	return spec
}

// startPolicies are the policies for starts that can't be made as scheduled:
// skipped while the previous workflow runs, made up for after Temporal was
// down.
func (w wantedSchedule) startPolicies() client.SchedulePolicies {
	return client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: w.catchUp}
}

// hashInput is a short hash of a workflow's input. It shows whether an update
// would change anything, because the input itself may be encrypted. The id of
// the key is part of it, so that a change of keys leads to an update. The key
// itself is not: everybody can see the hash.
func (c connection) hashInput(in any) string {
	text, err := json.Marshal(in)
	if err != nil {
		text = nil // plain data always marshals
	}
	sum := sha256.Sum256(append(text, temporalx.EncryptingKeyID(c.settings.Payload.EncryptionKeys.Reveal())...))
	return hex.EncodeToString(sum[:6])
}
