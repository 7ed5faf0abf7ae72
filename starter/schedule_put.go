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
	"defendersync/internal/temporalx"
)

// wantedSchedule is a Temporal Schedule as it should be: that of the sessions, or
// that of a report.
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

// putResult is what became of a schedule.
type putResult string

const (
	scheduleCreated   putResult = "created"
	scheduleUpdated   putResult = "updated"
	scheduleUnchanged putResult = "unchanged"
)

// putSchedule creates a schedule, or updates the one that there is if it differs.
// A pause is the operator's, and stays.
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

// timesSpec is when the schedule starts something. The zone of an interval is only
// what its times are shown in.
func (w wantedSchedule) timesSpec() client.ScheduleSpec {
	spec := client.ScheduleSpec{TimeZoneName: w.times.Timezone, Jitter: w.jitter}
	if w.times.Every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: w.times.Every}}
	} else {
		spec.CronExpressions = []string{w.times.Cron}
	}
	return spec
}

// startPolicies are what becomes of starts that can't be made as scheduled: skipped
// while the last one runs, made up for after Temporal was down.
func (w wantedSchedule) startPolicies() client.SchedulePolicies {
	return client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: w.catchUp}
}

// hashInput is a short hash of what a schedule starts its workflow with, to see
// whether a later update would change anything: the input itself may be
// encrypted. The key's id is part of it, so that an update after a change of
// keys writes what is kept under the new one. The key itself never is: the hash
// is shown to all.
func (c connection) hashInput(in any) string {
	text, err := json.Marshal(in)
	if err != nil {
		text = nil // plain data always marshals
	}
	sum := sha256.Sum256(append(text, temporalx.EncryptingKeyID(c.settings.Payload.EncryptionKeys.Reveal())...))
	return hex.EncodeToString(sum[:6])
}
