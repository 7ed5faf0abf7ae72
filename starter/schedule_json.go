package main

import (
	"time"

	"defendersync/internal/calendar"
	"defendersync/internal/envelope"
	"defendersync/internal/sessions"
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
	Expected     expectedJSON           `json:"expected"`               // of its sessions
}

// expectedJSON is what is to be expected of the schedule's sessions, by the last ones.
type expectedJSON struct {
	Incremental   *takenJSON    `json:"incremental,omitempty"`
	Full          *takenJSON    `json:"full,omitempty"`
	Until         envelope.Time `json:"until,omitzero"`       // what follows is of the starts until then
	Starts        int           `json:"starts"`               // that are scheduled
	Skipped       int           `json:"skippedByIncremental"` // that come while an incremental session runs
	SkippedByFull int           `json:"skippedByFull"`        // that come while a full one does
	BudgetShare   float64       `json:"budgetShare"`          // of the request budget
	Unknown       string        `json:"unknown,omitempty"`    // why nothing is known
}

// takenJSON is what sessions of a kind took: the median of the last ones.
type takenJSON struct {
	Duration envelope.Seconds `json:"durationSeconds"`
	Requests int              `json:"requests"` // to Defender
	Sessions int              `json:"sessions"` // of which it is the median
}

func viewExpected(x expected) expectedJSON {
	taken := func(t sessions.Taken) *takenJSON {
		if t.Sessions == 0 {
			return nil
		}
		return &takenJSON{envelope.Seconds(t.Duration), t.Requests, t.Sessions}
	}
	j := expectedJSON{Incremental: taken(x.incremental), Full: taken(x.full), Starts: x.load.Starts, Skipped: x.load.Skipped,
		SkippedByFull: x.load.SkippedByFull, BudgetShare: x.share, Unknown: x.unknown}
	if !x.until.IsZero() {
		j.Until = envelope.At(x.until)
	}
	return j
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
		Expected: viewExpected(v.expected),
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
