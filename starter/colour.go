package main

import (
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// coloured reports whether what is printed may have colours: on a terminal,
// and never against NO_COLOR (https://no-color.org).
func (s streams) coloured() bool {
	if variable(s.environ, "NO_COLOR") != "" || variable(s.environ, "TERM") == "dumb" {
		return false
	}
	return s.terminal.out
}

// paint gives a text a colour where that may be.
func (s streams) paint(text string, c sheet.Color) string {
	if !s.coloured() {
		return text
	}
	return c.Paint(text)
}

// outcomeColour is an outcome in its colour, padded to a width: the colour's
// own characters take none.
func (s streams) outcomeColour(outcome string, width int) string {
	return s.paint(pad(outcome, width), colourOf(saas.Outcome(outcome)))
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
