package main

import (
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// usesColour reports whether what is printed may have colours: on a terminal,
// and never against NO_COLOR (https://no-color.org).
func (s streams) usesColour() bool {
	if lookupVariable(s.environ, "NO_COLOR") != "" || lookupVariable(s.environ, "TERM") == "dumb" {
		return false
	}
	return s.terminal.out
}

// paintText gives a text a colour where that may be.
func (s streams) paintText(text string, c sheet.Color) string {
	if !s.usesColour() {
		return text
	}
	return c.Paint(text)
}

// outcomeColour is an outcome in its colour, padded to a width: the colour's
// own characters take none.
func (s streams) outcomeColour(outcome string, width int) string {
	return s.paintText(padText(outcome, width), colourOf(saas.Outcome(outcome)))
}

func colourOf(o saas.Outcome) sheet.Color {
	switch o {
	case saas.OutcomeCompleted:
		return sheet.Green
	case saas.OutcomeCompletedWithErrors, saas.OutcomeSkipped, saas.OutcomeCancelled:
		return sheet.Yellow
	case saas.OutcomeRunning:
		return sheet.Cyan
	case saas.OutcomeFailed, sessions.OutcomeTerminated, sessions.OutcomeTimedOut:
		return sheet.Red
	}
	return ""
}
