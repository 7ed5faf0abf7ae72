package page

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// outcomeSkipped is the outcome of a session that found the lane taken.
const outcomeSkipped = "Skipped"

// dryRun begins the mode and the outcome of a dry run.
const dryRun = "dry run"

// describeOutcome is how a session ended. A dry run that did all its work is told apart
// from sessions that carried something over.
func describeOutcome(s Session) string {
	outcome := cleanName(s.Outcome)
	if with, ok := strings.CutPrefix(outcome, "Completed"); ok && s.DryRun {
		return "Dry run" + with
	}
	return outcome
}

// describeMode is a session's mode, without what its outcome says.
func describeMode(s Session) string {
	mode := cleanName(s.Mode)
	if strings.HasPrefix(describeOutcome(s), "Dry run") {
		mode = strings.TrimPrefix(mode, dryRun+", ")
	}
	return mode
}

// toneOf is the colour that an outcome has everywhere on the page.
func toneOf(outcome string) string {
	switch outcome {
	case "Completed":
		return "good"
	case "Completed with errors", "Dry run with errors":
		return "warn"
	case "Failed", "Terminated", "Timed out":
		return "bad"
	case "Running":
		return "busy"
	case "Cancelled":
		return "ended"
	}
	return "quiet"
}

// newestFirst is the sessions that are shown.
func (p page) newestFirst() []Session {
	list := slices.Clone(p.Sessions)
	slices.SortStableFunc(list, func(a, b Session) int { return b.Began.Compare(a.Began) })
	return list[:min(len(list), maxSessions)]
}

func (p page) sessionsPanel() panel {
	out := panel{ID: string(Sessions), Title: "Sessions", Wide: true}
	list := p.newestFirst()
	if len(list) == 0 {
		out.Missing = "There are no sessions yet. Start one with 'defendersync run'."
		return out
	}
	out.Lead = p.sessionsLead(list)
	for _, outcome := range listOutcomes(list) {
		out.Legend = append(out.Legend, legend{toneOf(outcome), outcome})
	}
	out.Charts = p.sessionCharts(list)
	out.More = &table{
		Title: "All sessions shown, newest first",
		Columns: []column{{Label: "Began"}, {Label: "Outcome"}, {Label: "Took", Number: true}, {Label: "Mode", Minor: true}, {Label: "Started by", Minor: true},
			{Label: "Apps", Number: true, Minor: true}, {Label: "Users added", Number: true}, {Label: "Rejected", Number: true, Minor: true}},
	}
	for _, s := range list {
		out.More.Rows = append(out.More.Rows, plainCells(p.formatMoment(s.Began), describeOutcome(s), p.formatLength(s), describeMode(s), cleanName(s.StartedBy),
			formatKnown(s.Apps), formatKnown(s.Added), formatKnown(s.Rejected)))
	}
	if left := len(p.Sessions) - len(list); left > 0 {
		out.More.Rest = "and " + formatCount(left, "earlier session", "earlier sessions")
	}
	return out
}

// sessionsLead tells the history in a sentence: "30 sessions since 26 Oct 2026:
// 28 completed, 2 failed".
func (p page) sessionsLead(list []Session) string {
	by := map[string]int{}
	for _, s := range list {
		by[describeOutcome(s)]++
	}
	var parts []string
	for _, outcome := range listOutcomes(list) {
		parts = append(parts, formatNumber(by[outcome])+" "+strings.ToLower(outcome))
	}
	return formatCount(len(list), "session", "sessions") + " since " + p.formatDay(list[len(list)-1].Began) + ": " + strings.Join(parts, ", ")
}

// listOutcomes are those that occur, the most frequent first.
func listOutcomes(list []Session) []string {
	by := map[string]int{}
	var out []string
	for _, s := range list {
		outcome := describeOutcome(s)
		if by[outcome] == 0 {
			out = append(out, outcome)
		}
		by[outcome]++
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) })
	return out
}

// sessionCharts are two charts over the same sessions, oldest first.
func (p page) sessionCharts(list []Session) []chart {
	users := chart{ID: "session-users", Title: "Users added", Kind: "columns", Unit: "users", Sets: []set{{Label: "Users added"}}}
	length := chart{ID: "session-length", Title: "Duration", Kind: "columns", Unit: "seconds", Sets: []set{{Label: "Took"}}}
	total, layout := 0, "2 Jan"
	if list[0].Began.Sub(list[len(list)-1].Began) < 48*time.Hour {
		layout = "15:04"
	}
	var longest time.Duration
	for _, s := range slices.Backward(list) {
		label, tone := p.formatMoment(s.Began)+", "+describeOutcome(s), toneOf(describeOutcome(s))
		users.addValue(label, max(s.Added, 0), tone)
		length.addValue(label, int(p.durationOf(s).Round(time.Second)/time.Second), tone)
		users.Ticks, length.Ticks = append(users.Ticks, p.formatTime(s.Began, layout)), append(length.Ticks, p.formatTime(s.Began, layout))
		total += max(s.Added, 0)
		longest = max(longest, p.durationOf(s))
	}
	users.Text = "A column for each session, from the oldest to the newest: the users added, " + formatNumber(total) + " in all."
	length.Text = "A column for each session, from the oldest to the newest: its duration, " + formatDuration(longest) + " at most."
	return []chart{users, length}
}

// addValue appends a value with a colour of its own to a chart of one series.
func (c *chart) addValue(label string, value int, tone string) {
	c.Labels = append(c.Labels, label)
	c.Sets[0].Values = append(c.Sets[0].Values, value)
	c.Sets[0].Tones = append(c.Sets[0].Tones, tone)
}

// durationOf is how long a session took, or has taken so far.
func (p page) durationOf(s Session) time.Duration {
	end := s.Ended
	if end.IsZero() {
		end = p.Generated
	}
	return max(end.Sub(s.Began), 0)
}

func (p page) formatLength(s Session) string {
	if s.Ended.IsZero() {
		return formatDuration(p.durationOf(s)) + " so far"
	}
	return formatDuration(p.durationOf(s))
}

// formatKnown writes a count, or a dash where it is not known.
func formatKnown(n int) string {
	if n < 0 {
		return "–"
	}
	return formatNumber(n)
}
