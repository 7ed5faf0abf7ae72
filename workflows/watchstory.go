package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// watchStory tells in Markdown what a Watch knows, for its page in the Web UI:
// how things stand, and the in-app notices, newest first.
func watchStory(s contract.WatchState) string {
	var b strings.Builder
	unread := 0
	for _, n := range s.Notices {
		if !n.Read {
			unread++
		}
	}
	fmt.Fprintf(&b, "### %d notices, %d unread\n\n", len(s.Notices), unread)
	standing(&b, s)
	for i, n := range slices.Backward(s.Notices) {
		if len(s.Notices)-i > maxStoryNotices {
			fmt.Fprintf(&b, "\n… and %d older ones: `defendersync notifications list`\n", i+1)
			break
		}
		mark := "**"
		if n.Read {
			mark = ""
		}
		fmt.Fprintf(&b, "\n- %s%s · %s%s", mark, stamp(n.At), n.Headline, mark)
		for _, text := range []string{n.Cause, n.Todo} {
			if text != "" {
				fmt.Fprintf(&b, "  \n  %s", text)
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// maxStoryNotices bounds the notices that the page shows.
const maxStoryNotices = 20

// standing says what is watched and what is in the way of it.
func standing(b *strings.Builder, s contract.WatchState) {
	w := s.Watch
	fmt.Fprintf(b, "Last look %s, next %s.", stamp(w.Looked), stamp(watch.NextLook(w)))
	for _, x := range w.Sessions {
		fmt.Fprintf(b, " Running: `%s`.", x.ID)
	}
	if next, ok := nextStart(w); ok && !w.Schedule.Paused {
		fmt.Fprintf(b, " Next scheduled start %s.", stamp(next))
	}
	if !w.Schedule.Exists {
		b.WriteString(" There is no schedule.")
	} else if w.Schedule.Paused {
		fmt.Fprintf(b, " The schedule is paused: %s.", w.Schedule.Note)
	}
	if len(w.Settings.Contacts) == 0 {
		b.WriteString(" No contacts are set (INTEGRATION_CONTACTS).")
	}
	b.WriteString("\n")
	if s.Blind != "" {
		fmt.Fprintf(b, "\n> **The last look failed:** %s\n", s.Blind)
	}
	for _, u := range s.Pending {
		if u.Error != "" {
			fmt.Fprintf(b, "\n> **Not delivered yet** by %s %s, tried %d times: %s\n", u.Channel, u.To, u.Tries, u.Error)
		}
	}
	for _, u := range s.Lost {
		fmt.Fprintf(b, "\n> **Not delivered** by %s %s, given up after %d tries: %s\n", u.Channel, u.To, u.Tries, u.Error)
	}
}

// nextStart is the next start that the schedule has announced.
func nextStart(w contract.Watched) (time.Time, bool) {
	for _, p := range w.Starts {
		if p.At.After(w.Looked) {
			return p.At, true
		}
	}
	return time.Time{}, false
}
