package main

import (
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// usesColour reports whether output may have colours: on a terminal, unless
// NO_COLOR (https://no-color.org) is set.
func (s streams) usesColour() bool {
	if lookupVariable(s.environ, "NO_COLOR") != "" || lookupVariable(s.environ, "TERM") == "dumb" {
		return false
	}
	return s.terminal.out
}

// paintText colours a text if colours are allowed.
func (s streams) paintText(text string, c sheet.Color) string {
	if !s.usesColour() {
		return text
	}
	return c.Paint(text)
}

func colourOf(o saas.Outcome) sheet.Color {
	switch o {
	case saas.OutcomeCompleted:
		return sheet.Green
	case saas.OutcomeCompletedWithErrors:
		return sheet.Yellow
	case saas.OutcomeCancelled:
		return sheet.Magenta
	case saas.OutcomeSkipped: // nothing was done, and nothing needs doing
		return sheet.Faint
	case saas.OutcomeRunning:
		return sheet.Cyan
	case saas.OutcomeFailed, saas.OutcomeTerminated, saas.OutcomeTimedOut:
		return sheet.Red
	}
	return ""
}
