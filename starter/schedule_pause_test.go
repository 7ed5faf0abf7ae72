package main

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

func TestAPauseIsToldByWhomAndWhyAndAnothersNoteAsItIs(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for note, want := range map[string]string{
		contract.PauseNote{By: "ann@desk", From: from, Reason: "audit week"}.String(): "paused by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days): audit week",
		contract.PauseNote{By: "ann@desk", From: from}.String():                       "paused by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days)",
		"Paused via Web UI": "paused outside of defendersync with the note: Paused via Web UI",
		"":                  "paused outside of defendersync, without a note",
	} {
		if got := pauseText(note, berlin, from.Add(3*24*time.Hour)); got != want {
			t.Errorf("%q: %q", note, got)
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
	for _, name := range []string{"pause", "resume", "delete", "show"} {
		command(t, nil, nil, "schedule", name, "now").ends(exitUsage).says(`"now"`)
	}
}
