package main

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/testing/simulator"
)

func TestScheduleShowTellsTheNextAndTheLastStarts(t *testing.T) {
	p := thePast(t)
	p.run("schedule", "show").ends(exitCompleted).quiet().golden("schedule_show")
	p.run("schedule", "show", "--columns", "outcome, SESSION").ends(exitCompleted).quiet().prints("Outcome    Session\nCompleted  20")
	v := p.shown()
	if v.Schedule != p.Name || v.Timezone != "Europe/Berlin" || v.Overlap != "Skip" || v.Paused || !*v.InSync || len(v.Next) != maxNext || v.Starts != 1 {
		t.Errorf("as JSON it is %+v", v)
	}
	if len(v.Recent) != 1 || v.Recent[0].Session != p.full.Session || v.Recent[0].Outcome != "Completed" || v.Recent[0].Took == nil {
		t.Errorf("the last starts are %+v", v.Recent)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range v.Next {
		if at.In(berlin).Hour() != 3 || at.Minute() != 0 || i > 0 && !at.After(v.Next[i-1].Time) {
			t.Errorf("the next starts are %v", v.Next)
		}
	}
}

func TestScheduleShowTellsAPause(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted)
	r.run("schedule", "show").ends(exitCompleted).golden("schedule_show_paused")
	v := r.shown()
	if !v.Paused || v.PausedBy != "ann@desk" || v.PauseReason != "audit week" || time.Since(v.PausedSince.Time) > time.Hour {
		t.Errorf("as JSON it is %+v", v)
	}
	r.edit(func(s *client.Schedule) { s.State.Note = "by hand: maintenance" })
	r.run("schedule", "show").ends(exitCompleted).prints("by hand: maintenance", "none while the schedule is paused")
	if v := r.shown(); v.PausedBy != "" || !v.PausedSince.IsZero() || v.Note != "by hand: maintenance" {
		t.Errorf("as JSON it is %+v", v)
	}
	r.run("schedule", "resume").ends(exitCompleted)
	r.run("schedule", "show").ends(exitCompleted).prints("not paused; latest note: Resumed by ann@desk at ")
}

func TestScheduleShowComparesWithTheSettingsHere(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.runWith([]string{"INTEGRATION_JITTER=5m"}, "schedule", "show").ends(exitCompleted).prints("jitter: 0s, settings: 5m", "schedule apply")
	r.runWith([]string{"INTEGRATION_DEFAULT_ROLE="}, "schedule", "show").ends(exitCompleted).prints("not compared with the settings", "INTEGRATION_DEFAULT_ROLE")
	var v scheduleJSON
	r.runWith([]string{"INTEGRATION_DEFAULT_ROLE="}, "schedule", "show", "--output", "json").ends(exitCompleted).decode(&v)
	if v.InSync != nil || v.NotCompared == "" {
		t.Errorf("as JSON it is %+v", v)
	}
}

func TestScheduleShowEndsWith1WhereItCannotReadWithThisKey(t *testing.T) {
	r := newRig(t, simulator.Options{}, "PAYLOAD_ENCRYPTION_KEY=k:"+keyOne)
	stop := r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.session(exitCompleted)
	stop()
	for _, setting := range []string{"PAYLOAD_ENCRYPTION_KEY=", "PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo} {
		if got := r.runWith([]string{setting}, "schedule", "show").ends(exitFailed).says("PAYLOAD_ENCRYPTION_KEY"); got.out != "" {
			t.Errorf("with %s it prints %s", setting, got.out)
		}
	}
	// After a change of keys the schedule can be read and its last session not.
	r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo + ",k:" + keyOne}, "schedule", "apply").ends(exitCompleted)
	alone := []string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo}
	r.runWith(alone, "schedule", "show").ends(exitFailed).prints("Next starts", "  Completed  ").says("PAYLOAD_ENCRYPTION_KEY")
	var v scheduleJSON
	r.runWith(alone, "schedule", "show", "--output", "json").ends(exitFailed).decode(&v)
	if !*v.InSync || len(v.Recent) != 1 || v.Recent[0].Outcome != "Completed" {
		t.Errorf("as JSON it is %+v", v)
	}
}

func TestScheduleShowTellsOfStartsThatAChangeOfTheClockSkipsOrDoubles(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin").ends(exitCompleted).prints("the clock skips 02:30: no session starts")
	r.run("schedule", "show").ends(exitCompleted).prints("the clock skips 02:30", "INTEGRATION_TIMEZONE=UTC")
	v := r.shown()
	if len(v.ClockChanges) == 0 || v.ClockChanges[0].Time != "02:30" {
		t.Errorf("as JSON it is %+v", v.ClockChanges)
	}
	r.run("schedule", "apply", "--cron", "30 12 * * *").ends(exitCompleted)
	if v := r.shown(); len(v.ClockChanges) != 0 {
		t.Errorf("at noon it tells %+v", v.ClockChanges)
	}
}
