package workflows

import (
	"fmt"
	"slices"
	"strings"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
	"defendersync/internal/watch"
)

// renderWatch writes the page of a watch for the Web UI, in Markdown: what it
// knows, and the in-app notices, the newest first.
func renderWatch(s contract.WatchState) string {
	var b strings.Builder
	zone := moment.LoadZone(s.Watch.Settings.Timezone)
	fmt.Fprintf(&b, "### %d notices, %d unread\n\n", len(s.Notices), watch.CountUnread(&s))
	writeStatus(&b, s)
	for i, n := range slices.Backward(s.Notices) {
		if len(s.Notices)-i > maxNoticesShown {
			fmt.Fprintf(&b, "\n… and %d older ones: `defendersync notifications list`\n", i+1)
			break
		}
		mark := "**"
		if n.Read {
			mark = ""
		}
		fmt.Fprintf(&b, "\n- %s%s · %s%s", mark, moment.Format(n.At, zone), n.Headline, mark)
		for _, text := range []string{n.Cause, n.Todo} {
			if text != "" {
				fmt.Fprintf(&b, "  \n  %s", text)
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// maxNoticesShown bounds the notices that the page shows.
const maxNoticesShown = 20

// writeStatus says what is watched, and what prevents it.
func writeStatus(b *strings.Builder, s contract.WatchState) {
	w, zone := s.Watch, moment.LoadZone(s.Watch.Settings.Timezone)
	fmt.Fprintf(b, "Last look %s, next %s.", moment.Format(w.Looked, zone), moment.Format(watch.NextLook(w), zone))
	for _, x := range w.Sessions {
		fmt.Fprintf(b, " Running: `%s`.", x.ID)
	}
	if next, ok := watch.NextStart(w); ok && !w.Schedule.Paused {
		fmt.Fprintf(b, " Next scheduled start %s.", moment.Format(next, zone))
	}
	if !w.Schedule.Exists {
		b.WriteString(" There is no schedule.")
	} else if ends := w.Schedule.EndOfPause(w.Looked); !ends.IsZero() {
		fmt.Fprintf(b, " The schedule is paused until %s: %s.", moment.Format(ends, zone), w.Schedule.Note)
	} else if w.Schedule.Paused {
		fmt.Fprintf(b, " The schedule is paused: %s.", w.Schedule.Note)
	}
	if len(w.Settings.Contacts) == 0 {
		b.WriteString(" No contacts are set (INTEGRATION_CONTACTS).")
	}
	b.WriteString("\n")
	if s.LookError != "" {
		fmt.Fprintf(b, "\n> **The last look failed:** %s\n", s.LookError)
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
