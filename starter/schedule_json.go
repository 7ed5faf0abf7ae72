package main

import (
	"time"

	"defendersync/internal/calendar"
	"defendersync/internal/envelope"
)

// scheduleJSON is the schedule as JSON shows it.
type scheduleJSON struct {
	Schedule     string                 `json:"schedule"`
	When         string                 `json:"when"`     // the times, in words or as cron expressions
	Timezone     string                 `json:"timezone"` // of these times
	Jitter       envelope.Seconds       `json:"jitterSeconds"`
	CatchUp      envelope.Seconds       `json:"catchUpSeconds"` // a start missed while Temporal was down is made up for if it is no older
	Overlap      string                 `json:"overlap"`        // Temporal's policy for a start while a session runs
	Paused       bool                   `json:"paused"`
	Note         string                 `json:"note,omitempty"`         // as Temporal has it
	PausedBy     string                 `json:"pausedBy,omitempty"`     // of a pause on purpose
	PausedSince  envelope.Time          `json:"pausedSince,omitzero"`   // of that
	PausedUntil  envelope.Time          `json:"pausedUntil,omitzero"`   // when a pause ends by itself; absent: when it is resumed
	PauseReason  string                 `json:"pauseReason,omitempty"`  // of a pause on purpose
	Next         []envelope.Time        `json:"next"`                   // of a schedule that is paused without an end: once it is resumed
	Recent       []startJSON            `json:"recent"`                 // latest first
	Starts       int                    `json:"starts"`                 // ever
	Skipped      int                    `json:"skippedStarts"`          // because a session was running
	Missed       int                    `json:"missedStarts"`           // older than the catch-up window when Temporal was up again
	InSync       *bool                  `json:"inSync,omitempty"`       // it is as the settings have it
	Differences  []difference           `json:"differences,omitempty"`  // from the settings
	NotCompared  string                 `json:"notCompared,omitempty"`  // why the settings were not looked at
	ClockChanges []calendar.ClockChange `json:"clockChanges,omitempty"` // scheduled times of the next year that a day has never or twice
}

// startJSON is a start that the schedule made.
type startJSON struct {
	Scheduled envelope.Time     `json:"scheduled"`
	Started   envelope.Time     `json:"started"`
	Session   string            `json:"session"` // workflow id
	Outcome   string            `json:"outcome"` // "unknown: " and why, where it can't be read
	Took      *envelope.Seconds `json:"tookSeconds,omitempty"`
}

func viewScheduleJSON(v scheduleView) scheduleJSON {
	j := scheduleJSON{
		Schedule: v.Schedule, When: v.When, Timezone: v.Timezone, Jitter: envelope.Seconds(v.Jitter), CatchUp: envelope.Seconds(v.CatchUp), Overlap: v.Overlap,
		Paused: v.Paused, Note: v.Note, PausedBy: v.PausedBy, PausedSince: timeOrNone(v.PausedSince), PausedUntil: timeOrNone(v.PausedUntil), PauseReason: v.PauseReason,
		Next: []envelope.Time{}, Recent: []startJSON{}, Starts: v.Starts, Skipped: v.Skipped, Missed: v.Missed,
		InSync: v.InSync, Differences: v.Differences, NotCompared: v.NotCompared, ClockChanges: v.ClockChanges,
	}
	for _, t := range v.Next {
		j.Next = append(j.Next, envelope.At(t))
	}
	for _, r := range v.Recent {
		j.Recent = append(j.Recent, startJSON{envelope.At(r.Scheduled), envelope.At(r.Started), r.Session, r.Outcome, secondsOrNone(r.Took)})
	}
	return j
}

// secondsOrNone is a duration that may not be known.
func secondsOrNone(d *time.Duration) *envelope.Seconds { return (*envelope.Seconds)(d) }
