package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Bounds of what is shown of any name and of any sentence, in runes.
const (
	maxName     = 120
	maxSentence = 600
)

// clean and sentence make text of others fit to be shown: on one line, bounded,
// and without the characters that hide or reorder what stands beside them.
func clean(s string) string    { return plain(s, maxName) }
func sentence(s string) string { return plain(s, maxSentence) }

func plain(s string, limit int) string {
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

// number writes 12345 as 12,345.
func number(n int) string {
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

// count writes a number with its noun: "1 app", "2,000 apps".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// percent is a share of a whole, whose extremes are kept for none and all.
func percent(part, whole int) string {
	switch {
	case whole == 0 || part == 0:
		return "0 %"
	case part == whole:
		return "100 %"
	}
	return fmt.Sprintf("%d %%", min(max(int(float64(part)/float64(whole)*100+0.5), 1), 99))
}

// took writes a duration in its two greatest units.
func took(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// day and moment write times as an operator reads them; "–" for none.
func (p page) day(t time.Time) string    { return p.time(t, "2 Jan 2006") }
func (p page) moment(t time.Time) string { return p.time(t, "2 Jan 2006, 15:04") }

func (p page) time(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(p.zone).Format(layout)
}
