package main

import (
	"golang.org/x/term"

	"defendersync/internal/saas"
)

// colour is a terminal's colour, by its SGR number.
type colour string

const (
	green  colour = "32"
	yellow colour = "33"
	red    colour = "31"
	blue   colour = "36"
	plain  colour = ""
)

// coloured reports whether what is printed may have colours: on a terminal,
// and never against NO_COLOR (https://no-color.org).
func (s streams) coloured() bool {
	if variable(s.environ, "NO_COLOR") != "" || variable(s.environ, "TERM") == "dumb" {
		return false
	}
	if s.colours {
		return true
	}
	f, ok := s.file()
	return ok && term.IsTerminal(int(f.Fd()))
}

// paint gives a text a colour where that may be.
func (s streams) paint(text string, c colour) string {
	if c == plain || !s.coloured() {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// outcomeColour is an outcome in its colour, padded to a width: the colour's
// own characters take none.
func (s streams) outcomeColour(outcome string, width int) string {
	return s.paint(pad(outcome, width), colourOf(saas.Outcome(outcome)))
}

func colourOf(o saas.Outcome) colour {
	switch o {
	case saas.OutcomeCompleted:
		return green
	case saas.OutcomeCompletedWithErrors, saas.OutcomeSkipped, saas.OutcomeCancelled:
		return yellow
	case saas.OutcomeRunning:
		return blue
	case saas.OutcomeFailed, outcomeTerminated, outcomeTimedOut:
		return red
	}
	return plain
}
