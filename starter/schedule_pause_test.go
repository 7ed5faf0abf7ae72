package main

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestAPauseIsToldByWhomAndWhyAndAnothersNoteAsItIs(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	until := from.Add(7 * 24 * time.Hour)
	for want, tc := range map[string]contract.ScheduleView{
		"paused by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days ago): audit week": {
			Paused: true, Note: contract.PauseNote{By: "ann@desk", From: from, Reason: "audit week"}.String(),
		},
		"paused by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days ago)": {Paused: true, Note: contract.PauseNote{By: "ann@desk", From: from}.String()},
		"paused by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days ago) until Tue 2026-12-01 09:00:00 CET (in 4 days): audit week": {
			NotBefore: until, Note: contract.PauseNote{By: "ann@desk", From: from, Ends: until, Reason: "audit week"}.String(),
		},
		"not paused": {NotBefore: from.Add(time.Hour), Note: contract.PauseNote{By: "ann@desk", From: from, Ends: from.Add(time.Hour)}.String()},
		"paused outside of defendersync with the note: Paused via Web UI":                                            {Paused: true, Note: "Paused via Web UI"},
		"paused outside of defendersync, without a note":                                                             {Paused: true},
		"paused outside of defendersync until Tue 2026-12-01 09:00:00 CET (in 4 days) with the note: after the move": {NotBefore: until, Note: "after the move"},
	} {
		tc.Exists = true
		if got := pauseText(tc, berlin, from.Add(3*24*time.Hour)); got != want {
			t.Errorf("%+v: %q, not %q", tc, got, want)
		}
	}
}

func TestSchedulePauseAndResumeKeepWhoAndWhen(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "resume").ends(exitCompleted).prints("schedule "+r.Name+" is not paused", "next start")
	r.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted).prints("schedule "+r.Name+": paused by ann@desk since ", ": audit week")
	r.run("schedule", "pause", "--reason", "more").ends(exitCompleted).prints("is already paused", "audit week")
	before, _ := contract.ParsePauseNote(r.shown().Note)
	r.run("schedule", "resume").ends(exitCompleted).prints("resumed; next start: ")
	v := r.shown()
	after, ours := contract.ParsePauseNote(v.Note)
	if v.Paused || !ours || !after.From.Equal(before.From) || after.Until.IsZero() || after.Resumer != "ann@desk" || after.Reason != "audit week" {
		t.Errorf("after the resume the note is %q", v.Note)
	}
}

func TestAPauseByAnotherHandCanBeResumed(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.edit(func(s *client.Schedule) { s.State.Paused, s.State.Note = true, "Paused via Web UI" })
	r.run("schedule", "pause").ends(exitCompleted).prints("is already paused", "Paused via Web UI", "resume the schedule and pause it again")
	r.run("schedule", "resume").ends(exitCompleted)
	if v := r.shown(); v.Paused || !strings.HasPrefix(v.Note, "Resumed by ann@desk at ") {
		t.Errorf("after the resume: %+v", v)
	}
}

// TestAPauseWithAnEndEndsByItself: nothing is started before, the first start after it comes
// as scheduled, and nobody and no worker had to do anything.
func TestAPauseWithAnEndEndsByItself(t *testing.T) {
	const every = 5 * time.Second
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted) // once a year
	until := time.Now().Add(20 * time.Second).Truncate(every)
	r.run("schedule", "pause", "--until", until.Format(time.RFC3339), "--reason", "audit week").ends(exitCompleted).prints("next start: ")
	r.edit(func(s *client.Schedule) { s.Spec.Intervals = []client.ScheduleIntervalSpec{{Every: every}} })
	inTime := time.Now().Before(until)
	if paused := r.shown(); time.Now().Before(until) && (!paused.Paused || !paused.PausedUntil.Time.Equal(until) || paused.PausedBy != "ann@desk" || !paused.Next[0].Time.Equal(until) || paused.Starts > 0) {
		t.Errorf("while it is paused: %+v", paused)
	}
	eventually(t, "it starts a session", func() bool { return r.shown().Starts > 0 })
	after := r.shown()
	if after.Paused || !after.PausedUntil.IsZero() || !strings.HasPrefix(after.Note, "Paused on purpose by ann@desk") {
		t.Errorf("after the end: %+v", after)
	}
	if first := after.Recent[len(after.Recent)-1].Scheduled.Time; first.Before(until) || inTime && !first.Equal(until) {
		t.Errorf("the first start was due at %s, and the pause ended at %s", first, until)
	}
	r.run("schedule", "show").ends(exitCompleted).prints("not paused: the latest pause ended by itself; its note: Paused on purpose by ann@desk")
	r.run("schedule", "resume").ends(exitCompleted).prints("is not paused")
	r.run("schedule", "delete", "--yes").ends(exitCompleted)
}

func TestAPauseWithAnEndIsKeptMovedAndResumed(t *testing.T) {
	r := newRig(t, simulator.Options{}, "INTEGRATION_SCHEDULE=0 3 * * *", "PAYLOAD_ENCRYPTION_KEY=k:"+keyOne)
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "pause", "--until", "2d", "--reason", "audit week").ends(exitCompleted)
	first := r.shown()
	r.runWith([]string{"INTEGRATION_SCHEDULE=0 5 * * *"}, "schedule", "apply").ends(exitCompleted).prints("updated", "paused by ann@desk", "next start: ")
	if v := r.shown(); !v.PausedUntil.Time.Equal(first.PausedUntil.Time) || v.Next[0].Time.Before(first.PausedUntil.Time) {
		t.Errorf("after an apply: %+v", v)
	}
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "apply").ends(exitCompleted).prints("unchanged")
	r.run("schedule", "show").ends(exitCompleted).prints("paused by ann@desk since ", " (in ", "matches the settings")
	r.run("check").prints("paused by ann@desk since ", "audit week; next start: ")
	r.run("schedule", "pause").ends(exitCompleted).prints("is already paused", "audit week")
	r.run("schedule", "pause", "--until", "5d").ends(exitCompleted).prints(": audit week", "(in 4 days)")
	if v := r.shown(); v.PausedUntil.Time.Sub(first.PausedUntil.Time) < 2*saas.Day || !v.PausedSince.Time.Equal(first.PausedSince.Time) {
		t.Errorf("after another end: %+v", v)
	}
	r.run("schedule", "resume").ends(exitCompleted).prints("resumed; next start: ")
	v := r.shown()
	note, ours := contract.ParsePauseNote(v.Note)
	if v.Paused || !v.PausedUntil.IsZero() || !ours || note.Ends.IsZero() || note.Resumer != "ann@desk" || !v.Next[0].Time.Before(first.PausedUntil.Time) {
		t.Errorf("after a resume: %+v", v)
	}
}

func TestAPauseLetsTheRunningSessionGoOn(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.run("schedule", "apply").ends(exitCompleted)
	r.work()
	begun := r.begin("--full")
	r.run("schedule", "pause").ends(exitCompleted).prints(begun.Session+" is running and continues", "defendersync sessions cancel")
	r.run("schedule", "delete", "--yes").ends(exitCompleted).prints("deleted", begun.Session+" is running and continues")
	everyCommandNeedsASchedule(t, r)
	r.run("sessions", "cancel").ends(exitCompleted)
}

func TestSchedulePauseRefusesALongReasonAndWords(t *testing.T) {
	command(t, nil, nil, "schedule", "pause", "--reason", strings.Repeat("x", maxReason+1)).ends(exitUsage).says("501 bytes")
	command(t, nil, nil, "schedule", "pause", "--until", "yesterday").ends(exitUsage).says(`--until "yesterday"`, "2026-12-01 08:00")
	command(t, nil, nil, "schedule", "pause", "--until", "2026-01-01").ends(exitUsage).says("Thu 2026-01-01 00:00:00 UTC is over")
	for _, name := range []string{"pause", "resume", "delete", "show"} {
		command(t, nil, nil, "schedule", name, "now").ends(exitUsage).says(`"now"`)
	}
}
