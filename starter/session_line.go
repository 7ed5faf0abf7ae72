package main

import (
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
)

// progressLine is the progress of a session in one line. A part that is empty is left out.
type progressLine struct {
	bar, phase, apps, users, requests, left, rejected string

	wait waitPart
}

// waitPart is what a session waits for.
type waitPart struct {
	reason string // "" : nothing
	times  string // since when and until when, in full
	brief  string // how long at most, where there is no room for that
}

// waitOf is what a session waits for that a tenant or a failure holds up.
func waitOf(w contract.Waiting, zone *time.Location, now time.Time) waitPart {
	p := waitPart{reason: w.For, times: strings.TrimPrefix(w.Describe(zone), w.For)}
	if left := w.Until.Sub(now); !w.Until.IsZero() && left > 0 {
		p.brief = ", " + formatTimeLeft(left) + " at most"
	}
	return p
}

// waitMark begins what is waited for.
const waitMark = "waiting: "

// String has all parts but the bar.
func (l progressLine) String() string {
	var parts []string
	for _, part := range []string{l.phase, l.apps, l.users, l.requests, l.left, l.rejected} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if l.wait.reason != "" {
		parts = append(parts, waitMark+l.wait.reason+l.wait.times)
	}
	return strings.Join(parts, " · ")
}

// fitRoom is the line for so many characters: the least important parts are left out
// until it fits. What is waited for always stays, shortened at the end of its reason if
// there is no room for anything else.
func (l progressLine) fitRoom(room int) string {
	for _, giveUp := range l.listSacrifices() {
		if text := l.withBar(); sheet.LineWidth(text) <= room {
			return text
		}
		giveUp(&l)
	}
	text := l.withBar()
	if reason := room - sheet.LineWidth(waitMark+l.wait.times); l.wait.reason != "" && sheet.LineWidth(text) > room && reason > 0 {
		return waitMark + sheet.ClipLine(l.wait.reason, reason) + l.wait.times
	}
	return sheet.ClipLine(text, room)
}

func (l progressLine) withBar() string {
	if l.bar == "" {
		return l.String()
	}
	return l.bar + " " + l.String()
}

// listSacrifices lists what the line gives up for want of room, one after the other. The
// bar goes first where something is waited for: nothing moves then.
func (l progressLine) listSacrifices() []func(*progressLine) {
	dropBar := func(l *progressLine) { l.bar = "" }
	dropDetails := []func(*progressLine){
		func(l *progressLine) { l.requests = "" },
		func(l *progressLine) { l.users = "" },
		func(l *progressLine) {
			if l.apps != "" { // else nothing would say what goes on
				l.phase = ""
			}
		},
	}
	if l.wait.reason == "" {
		return append(dropDetails, dropBar, func(l *progressLine) { l.rejected = "" }, func(l *progressLine) { l.left = "" })
	}
	first := []func(*progressLine){dropBar, func(l *progressLine) { l.wait.times = l.wait.brief }}
	return append(append(first, dropDetails...), func(l *progressLine) { l.rejected = "" }, func(l *progressLine) { l.left = "" },
		func(l *progressLine) { l.apps, l.phase = "", "" })
}
