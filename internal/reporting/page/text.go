package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"defendersync/internal/moment"
)

// Bounds of what is shown of any name and of any sentence, in runes.
const (
	maxName     = 120
	maxSentence = 600
)

// cleanName and sentence make text of others fit to be shown: on one line, bounded,
// and without the characters that hide or reorder what stands beside them.
func cleanName(s string) string     { return cleanText(s, maxName) }
func cleanSentence(s string) string { return cleanText(s, maxSentence) }

func cleanText(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case n == limit:
			return b.String() + "…"
		case unicode.IsSpace(r):
			r = ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r) && r != '\u200D': // joiners make emoji and scripts
			continue
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// formatNumber writes 12345 as 12,345.
func formatNumber(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// formatCount writes a number with its noun: "1 app", "2,000 apps".
func formatCount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return formatNumber(n) + " " + many
}

// formatPercent is a share of a whole, whose extremes are kept for none and all.
func formatPercent(part, whole int) string {
	switch {
	case whole == 0 || part == 0:
		return "0 %"
	case part == whole:
		return "100 %"
	}
	return fmt.Sprintf("%d %%", min(max(int(float64(part)/float64(whole)*100+0.5), 1), 99))
}

// formatDuration writes a duration in its two greatest units.
func formatDuration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// formatDay and moment write times as an operator reads them; "–" for none.
func (p page) formatDay(t time.Time) string { return p.formatTime(t, "2 Jan 2006") }
func (p page) formatMoment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return moment.FormatPage(t, p.zone)
}

func (p page) formatTime(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(p.zone).Format(layout)
}
