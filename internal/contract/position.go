package contract

import "fmt"

// Position is how far a session has got in its lists of apps.
type Position struct {
	Done      int // apps
	Known     int // of about so many, in the streams that are counted; 0: not known
	Uncounted int // streams, still to be read to their end, of which nobody knows how many apps are to be read
	Streams   int // of the session
}

// Describe says it in the words that every command, page and notice has for it: "apps 27 of
// ~83", "apps 27 of ~28 in 1 of 2 streams", "apps 127 so far"; "" where there is nothing to
// tell.
func (p Position) Describe() string {
	switch {
	case p.Known <= 0 && p.Done <= 0:
		return ""
	case p.Known <= 0:
		return fmt.Sprintf("apps %d so far", p.Done)
	}
	text := fmt.Sprintf("apps %d of ~%d", p.Done, max(p.Known, p.Done))
	if p.Uncounted > 0 && p.Uncounted < p.Streams {
		text += fmt.Sprintf(" in %d of %d streams", p.Streams-p.Uncounted, p.Streams)
	}
	return text
}

// Position is where the session stands, with every app of the page under way as done.
func (p Progress) Position() Position {
	return Position{Done: p.AppsRead, Known: p.AppsKnown, Uncounted: p.Uncounted, Streams: len(p.Streams)}
}

// Position is where the session stood.
func (p NoticeProgress) Position() Position {
	return Position{Done: p.AppsRead, Known: p.AppsKnown, Uncounted: p.Uncounted, Streams: p.Streams}
}
