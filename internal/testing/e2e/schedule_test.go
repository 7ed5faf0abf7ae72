package e2e

import (
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
)

// shown is the schedule as `schedule show --output json` tells it.
type shown struct {
	When, Timezone, Jitter, CatchUp, Overlap, Note string
	PausedBy, PauseReason                          string
	Paused                                         bool
	InSync                                         *bool
	Next                                           []time.Time
	Recent                                         []struct {
		Session, Outcome, Took string
		Scheduled, Started     time.Time
	}
	Differences []struct{ What, Applied, Wanted string }
}

// done runs a command that has to succeed.
func (b *bench) done(args ...string) string {
	b.t.Helper()
	out := b.Do(b.ctx, args...)
	if out.Code != 0 {
		b.t.Fatalf("%q ended with %d: %s%s", args, out.Code, out.Out, out.Err)
	}
	return out.Out
}

// refused runs a command that has to fail by a code and say why.
func (b *bench) refused(code int, says string, args ...string) {
	b.t.Helper()
	out := b.Do(b.ctx, args...)
	if out.Code != code || !strings.Contains(out.Err, says) || out.Out != "" {
		b.t.Errorf("%q ended with %d, not %d, and said %s%s", args, out.Code, code, out.Out, out.Err)
	}
}

func (b *bench) shown() shown {
	b.t.Helper()
	var s shown
	b.decode(b.done("schedule", "show", "--output", "json"), &s)
	return s
}

// edit changes the schedule by hand, as somebody may in the Web UI.
func (b *bench) edit(change func(*client.Schedule)) {
	b.t.Helper()
	c, err := b.Dial()
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	err = c.ScheduleClient().GetHandle(b.ctx, b.Name).Update(b.ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			change(&in.Description.Schedule)
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestAScheduleIsAppliedFromFlagsAndShownInItsZone(t *testing.T) {
	b := newBench(t, small())
	b.refused(1, "there is no schedule", "schedule", "show")
	flags := []string{"schedule", "apply", "--cron", "30 2 * * 1-5", "--timezone", "Asia/Tokyo", "--jitter", "5m", "--catch-up", "6h"}
	first := b.done(flags...)
	b.says("apply", first, []string{": created (30 2 * * 1-5, Asia/Tokyo)", "up to 5m later", "skipped while a session runs", "no older than 6h", "next start: ", " JST"})
	b.says("apply again", b.done(flags...), []string{": unchanged ("})
	s := b.shown()
	if s.When != "at 30 2 * * 1-5" || s.Timezone != "Asia/Tokyo" || s.Jitter != "5m" || s.CatchUp != "6h" || s.Overlap != "Skip" || s.Paused {
		t.Errorf("shown: %+v", s)
	}
	if len(s.Next) != 5 {
		t.Fatalf("%d next starts", len(s.Next))
	}
	for _, at := range s.Next {
		_, zone := at.Zone()
		early := at.Add(-time.Duration(at.Hour())*time.Hour - time.Duration(at.Minute())*time.Minute - time.Duration(at.Second())*time.Second)
		late := at.Sub(early)
		if zone != 9*3600 || late < 150*time.Minute || late > 156*time.Minute || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			t.Errorf("next start %s", at)
		}
	}
	if s.InSync == nil || *s.InSync || len(s.Differences) != 4 {
		t.Errorf("the settings are not what was applied, but it says %+v", s.Differences)
	}
	b.says("apply by the settings", b.done("schedule", "apply"), []string{": updated (" + harness.Schedule, "jitter: 0s, was 5m", "catch-up window: 12h, was 6h"})
	if s := b.shown(); s.InSync == nil || !*s.InSync {
		t.Errorf("after an apply it differs: %+v", s.Differences)
	}
}

func TestAnApplyPutsRightWhatWasChangedByHand(t *testing.T) {
	b := newBench(t, small())
	another := strings.Replace(harness.Schedule, "0 3", "0 4", 1)
	b.schedule()
	cases := []struct {
		name   string
		change func(*client.Schedule)
		says   string
	}{
		{"starts", func(s *client.Schedule) {
			s.Spec = &client.ScheduleSpec{CronExpressions: []string{another}, TimeZoneName: "UTC"}
		}, "when: " + harness.Schedule + ", was at " + another},
		{"jitter", func(s *client.Schedule) { s.Spec.Jitter = time.Minute }, "jitter: 0s, was 1m"},
		{"an end", func(s *client.Schedule) { s.Spec.EndAt = time.Now().Add(time.Hour) }, "times left out"},
		{"overlap", func(s *client.Schedule) { s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL }, "a start while a session runs: Skip, was AllowAll"},
		{"catch-up", func(s *client.Schedule) { s.Policy.CatchupWindow = time.Minute }, "catch-up window: 12h, was 1m"},
		{"pause on failure", func(s *client.Schedule) { s.Policy.PauseOnFailure = true }, "pause on failure: false, was true"},
		{"a last start", func(s *client.Schedule) { s.State.LimitedActions, s.State.RemainingActions = true, 1 }, "number of starts: unlimited, was 1 more"},
		{"task queue", func(s *client.Schedule) { s.Action.(*client.ScheduleWorkflowAction).TaskQueue = "nowhere" }, "task queue: defendersync/"},
		{"input", func(s *client.Schedule) {
			s.Action.(*client.ScheduleWorkflowAction).Args = []any{map[string]any{"full": true}}
		}, "full: unset, was true"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b.edit(c.change)
			if s := b.shown(); s.InSync == nil || *s.InSync {
				t.Error("show does not see it")
			}
			b.says("apply", b.done("schedule", "apply"), []string{": updated (", c.says})
			b.says("apply again", b.done("schedule", "apply"), []string{": unchanged ("})
		})
	}
}

func TestAPauseIsNotedAndItsIntervalKeptWhenItIsResumed(t *testing.T) {
	b := newBench(t, small())
	b.schedule()
	for _, command := range []string{"pause", "resume", "delete"} {
		b.refused(2, `"now"`, "schedule", command, "now")
	}
	b.says("resume", b.done("schedule", "resume"), []string{"is not paused", "next start"})
	b.says("pause", b.done("schedule", "pause", "--reason", "audit week"), []string{"paused on purpose by", "audit week"})
	b.says("pause again", b.done("schedule", "pause", "--reason", "more"), []string{"is paused already", "audit week"})
	s := b.shown()
	p, ours := contract.ParsePauseNote(s.Note)
	if !s.Paused || !ours || p.Reason != "audit week" || s.PauseReason != "audit week" || s.PausedBy != p.By || !p.Until.IsZero() {
		t.Errorf("shown: %+v", s)
	}
	b.says("apply", b.done("schedule", "apply"), []string{": unchanged (", "paused on purpose by", "schedule resume"})
	b.says("resume", b.done("schedule", "resume"), []string{"resumed", "next start"})
	s = b.shown()
	if q, ours := contract.ParsePauseNote(s.Note); s.Paused || !ours || !q.From.Equal(p.From) || q.Until.IsZero() || q.Resumer == "" || q.Reason != p.Reason {
		t.Errorf("after the resume: %+v", s)
	}
	b.edit(func(s *client.Schedule) { s.State.Paused, s.State.Note = true, "by hand: maintenance" })
	b.says("show", b.done("schedule", "show"), []string{"by other hands", "by hand: maintenance", "none while it is paused"})
	b.done("schedule", "resume")
	if s = b.shown(); s.Paused || !strings.HasPrefix(s.Note, "Resumed by ") {
		t.Errorf("after the resume: %+v", s)
	}
}

func TestADeletedScheduleTakesTheWatermarkWithIt(t *testing.T) {
	b := newBench(t, small())
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	if r := b.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) {
		t.Fatalf("the second session is %s", r.Mode)
	}
	s := b.shown()
	if len(s.Recent) != 2 || s.Recent[0].Outcome != "Completed" || s.Recent[0].Took == "" || !s.Recent[0].Started.After(s.Recent[1].Started) {
		t.Errorf("its starts: %+v", s.Recent)
	}
	b.refused(2, "--yes", "schedule", "delete")
	if len(b.shown().Recent) != 2 {
		t.Error("it was deleted without a yes")
	}
	b.says("delete", b.done("schedule", "delete", "--yes"), []string{"deleted", "first session of a new one is full"})
	for _, command := range [][]string{{"show"}, {"pause"}, {"resume"}, {"delete", "--yes"}} {
		b.refused(1, "there is no schedule", append([]string{"schedule"}, command...)...)
	}
	b.schedule()
	if r := b.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeFull) {
		t.Errorf("the first session of the new schedule is %s", r.Mode)
	}
}
