package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

func TestScheduleApplyCreatesThenUpdatesThenChangesNothing(t *testing.T) {
	r := newRig(t, simulator.Options{})
	everyCommandNeedsASchedule(t, r)
	flags := []string{"schedule", "apply", "--cron", "30 2 * * 1-5", "--timezone", "Asia/Tokyo", "--jitter", "5m", "--catch-up", "6h"}
	r.run(flags...).ends(exitCompleted).says("INTEGRATION_CONTACTS is not set").
		prints("schedule "+r.Name+": created (30 2 * * 1-5, Asia/Tokyo)", "up to 5m", "no older than 6h", " JST").golden("schedule_apply_created")
	r.run(flags...).ends(exitCompleted).prints("schedule " + r.Name + ": unchanged (")
	v := r.shown()
	if v.When != "at 30 2 * * 1-5" || v.Timezone != "Asia/Tokyo" || time.Duration(v.Jitter) != 5*time.Minute || time.Duration(v.CatchUp) != 6*time.Hour || *v.InSync || len(v.Differences) != 4 {
		t.Errorf("shown as %+v", v)
	}
	tokyo := time.FixedZone("JST", 9*3600)
	for _, next := range v.Next {
		at := next.In(tokyo)
		start := time.Date(at.Year(), at.Month(), at.Day(), 2, 30, 0, 0, at.Location())
		if at.Before(start) || at.After(start.Add(5*time.Minute)) || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			t.Errorf("next start %s", at)
		}
	}
	r.runWith([]string{"INTEGRATION_CONTACTS=ann@contoso.com, bob@contoso.com"}, "schedule", "apply").ends(exitCompleted).quiet().
		prints(": updated ("+harness.Schedule+", Europe/Berlin)", "changed: jitter: 0s, was 5m", "changed: catch-up window: 12h, was 6h", "ann@contoso.com, bob@contoso.com")
}

func TestScheduleApplyStartsTheWatch(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	d, err := r.temporal.DescribeWorkflow(t.Context(), contract.WatchID(r.Name), "")
	if err != nil || d.RawResponse.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Errorf("the watch is %s, %v", d.RawResponse.GetWorkflowExecutionInfo().GetStatus(), err)
	}
}

func TestScheduleApplyPutsRightWhatWasChangedByHand(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	another := strings.Replace(harness.Schedule, "0 3", "0 4", 1)
	action := func(s *client.Schedule) *client.ScheduleWorkflowAction {
		return s.Action.(*client.ScheduleWorkflowAction)
	}
	for _, c := range []struct {
		name   string
		change func(*client.Schedule)
		prints string
	}{
		{"starts", func(s *client.Schedule) {
			s.Spec = &client.ScheduleSpec{CronExpressions: []string{another}, TimeZoneName: "Europe/Berlin"}
		}, "when: " + harness.Schedule + ", was at " + another},
		{"an interval", func(s *client.Schedule) {
			s.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour, Offset: time.Hour}}, TimeZoneName: "Europe/Berlin"}
		}, ", was every 24h after 1h"},
		{"time zone", func(s *client.Schedule) { s.Spec.TimeZoneName = "Asia/Tokyo" }, "time zone: Europe/Berlin, was Asia/Tokyo"},
		{"jitter", func(s *client.Schedule) { s.Spec.Jitter = time.Minute }, "jitter: 0s, was 1m"},
		{"an end", func(s *client.Schedule) { s.Spec.EndAt = time.Now().Add(time.Hour) }, "excluded times"},
		{"overlap", func(s *client.Schedule) { s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL }, "overlap policy: Skip, was AllowAll"},
		{"catch-up", func(s *client.Schedule) { s.Policy.CatchupWindow = time.Minute }, "catch-up window: 12h, was 1m"},
		{"pause on failure", func(s *client.Schedule) { s.Policy.PauseOnFailure = true }, "pause on failure: false, was true"},
		{"a last start", func(s *client.Schedule) { s.State.LimitedActions, s.State.RemainingActions = true, 1 }, "number of starts: unlimited, was 1 more"},
		{"task queue", func(s *client.Schedule) { action(s).TaskQueue = "nowhere" }, "task queue: defendersync/" + r.Name + ", was nowhere"},
		{"workflow id", func(s *client.Schedule) { action(s).ID = "x" }, "workflow id: session/" + r.Name + ", was x"},
		{"time limits", func(s *client.Schedule) { action(s).WorkflowRunTimeout = time.Hour }, "time limits"},
		{"input", func(s *client.Schedule) { action(s).Args = []any{map[string]any{"full": true}} }, "full: unset, was true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.edit(c.change)
			if v := r.shown(); *v.InSync {
				t.Error("show does not see it")
			}
			r.run("schedule", "apply").ends(exitCompleted).prints(": updated (", c.prints)
			r.run("schedule", "apply").ends(exitCompleted).prints(": unchanged (")
		})
	}
}

func TestScheduleApplyFollowsTheSettings(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	for setting, changed := range map[string]string{
		"DEFENDER_STREAMS=Global View":     "streams: Global View, was unset",
		"INTEGRATION_DEFAULT_ROLE=26":      "policy.defaultRole: 26, was 25",
		"INTEGRATION_SCHEDULE=every 12h":   "when: every 12h",
		"INTEGRATION_OVERLAP=48h":          "policy.overlap: 2d, was 3d",
		"INTEGRATION_TIMEZONE=Asia/Tokyo":  "time zone: Asia/Tokyo, was Europe/Berlin",
		"PAYLOAD_ENCRYPTION_KEY=" + keyOne: "encryption key: ",
	} {
		t.Run(setting, func(t *testing.T) {
			name, _, _ := strings.Cut(setting, "=")
			got := r.runWith([]string{setting}, "schedule", "apply").ends(exitCompleted).prints(": updated (")
			if !strings.Contains(strings.ToLower(got.out), strings.ToLower(changed)) {
				t.Errorf("%s is not told:\n%s", changed, got.out)
			}
			if name == "PAYLOAD_ENCRYPTION_KEY" {
				got.prints("sessions fail on a worker without this PAYLOAD_ENCRYPTION_KEY")
				r.runWith([]string{setting}, "schedule", "delete", "--yes").ends(exitCompleted)
			}
			r.run("schedule", "apply").ends(exitCompleted)
		})
	}
}

func TestScheduleApplyChangesNothingThatItCannotRead(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=k:" + keyOne}, "schedule", "apply").ends(exitCompleted)
	for name, settings := range map[string][]string{"no key": nil, "another key": {"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo}} {
		t.Run(name, func(t *testing.T) {
			got := r.runWith(settings, "schedule", "apply").ends(exitFailed).says("PAYLOAD_ENCRYPTION_KEY", "nothing was changed", "schedule delete")
			if got.out != "" {
				t.Errorf("it prints %s", got.out)
			}
		})
	}
	r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo + ",k:" + keyOne}, "schedule", "apply").ends(exitCompleted).prints("changed: encryption key: l, was k")
}

func TestScheduleApplyNeedsTheSettingsOfASession(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.runWith([]string{"INTEGRATION_DEFAULT_ROLE="}, "schedule", "apply").ends(exitUsage).says("INTEGRATION_DEFAULT_ROLE")
	r.runWith([]string{"INTEGRATION_SCHEDULE=61 * * * *"}, "schedule", "apply").ends(exitUsage).says("INTEGRATION_SCHEDULE")
	r.runWith([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "schedule", "apply").ends(exitFailed).says("TEMPORAL_ADDRESS")
	r.run("schedule", "apply", "twice").ends(exitUsage).says(`"twice"`)
	everyCommandNeedsASchedule(t, r)
}

func TestScheduleApplyLeavesAPauseAlone(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted)
	r.run("schedule", "apply", "--jitter", "1m").ends(exitCompleted).prints(": updated (", "audit week", "to start sessions again, run 'defendersync schedule resume'")
	if v := r.shown(); !v.Paused || !slices.Equal(differing(v), []string{"jitter"}) {
		t.Errorf("shown as %+v", v)
	}
}
