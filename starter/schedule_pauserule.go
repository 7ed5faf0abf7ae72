package main

import (
	"errors"
	"fmt"
	"time"

	schedulepb "go.temporal.io/api/schedule/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
)

// A pause without an end is Temporal's own. One that ends by itself is a time before which
// the schedule starts nothing: Temporal keeps it and sees to it, so that the pause ends to
// the second whether or not a worker or anybody's terminal is there. Either is told from
// what others do by the schedule's note.

// pauseRequest is a pause that somebody asks for.
type pauseRequest struct {
	by, reason string
	now        time.Time
	ends       time.Time // zero: when somebody resumes the schedule
}

var (
	errPaused    = errors.New("already paused")              // by one of our commands
	errPausedOut = errors.New("already paused from outside") // and not to be overwritten
)

// pause pauses a schedule. One that is paused on purpose is paused anew only to move its end.
func (r pauseRequest) pause(s *schedulepb.Schedule) error {
	note := contract.PauseNote{By: r.by, Reason: r.reason, From: r.now, Ends: r.ends}
	if there := viewRawPause(s); there.IsPaused(r.now) {
		before, ours := contract.ParsePauseNote(there.Note)
		switch {
		case !ours && there.Paused:
			return errPausedOut
		case ours && r.ends.IsZero():
			return errPaused
		case ours:
			note.From = before.From
			if note.Reason == "" {
				note.Reason = before.Reason
			}
		}
	}
	setPause(s, r.ends.IsZero(), r.ends, note.String())
	return nil
}

// errNotPaused is the error of a resume of a schedule that is not paused.
var errNotPaused = errors.New("not paused")

// resumeRaw ends a schedule's pause, whoever made it. The note keeps the pause that it ends.
func resumeRaw(s *schedulepb.Schedule, by string, now time.Time) error {
	there := viewRawPause(s)
	if !there.IsPaused(now) {
		return errNotPaused
	}
	note := fmt.Sprintf("Resumed by %s at %s", by, now.UTC().Format(time.RFC3339))
	if p, ours := contract.ParsePauseNote(there.Note); ours {
		p.Until, p.Resumer = now, by
		note = p.String()
	}
	setPause(s, false, time.Time{}, note)
	return nil
}

// viewRawPause views what a schedule says of a pause.
func viewRawPause(s *schedulepb.Schedule) contract.ScheduleView {
	v := contract.ScheduleView{Exists: true, Paused: s.GetState().GetPaused(), Note: s.GetState().GetNotes()}
	if at := s.GetSpec().GetStartTime(); at != nil {
		v.NotBefore = at.AsTime()
	}
	return v
}

// setPause sets whether a schedule is paused, before when it starts nothing, and its note.
func setPause(s *schedulepb.Schedule, paused bool, notBefore time.Time, note string) {
	if s.State == nil {
		s.State = &schedulepb.ScheduleState{}
	}
	if s.Spec == nil {
		s.Spec = &schedulepb.ScheduleSpec{}
	}
	s.State.Paused, s.State.Notes, s.Spec.StartTime = paused, note, nil
	if !notBefore.IsZero() {
		s.Spec.StartTime = timestamppb.New(notBefore)
	}
}
