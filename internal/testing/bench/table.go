package main

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// row is one target and what was measured.
type row struct {
	what, target, measured string
	ok                     bool
}

// printTable prints the rows as a Markdown table whose columns stand under
// each other; it tells whether every target was met.
func printTable(out io.Writer, rows []row) bool {
	cells := [][4]string{{"What", "Target", "Measured", ""}}
	ok := true
	for _, r := range rows {
		verdict := "pass"
		if !r.ok {
			verdict, ok = "FAIL", false
		}
		cells = append(cells, [4]string{r.what, r.target, r.measured, verdict})
	}
	var width [4]int
	for _, c := range cells {
		for i, text := range c {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
	}
	for n, c := range cells {
		fmt.Fprint(out, "|")
		for i, text := range c {
			fmt.Fprintf(out, " %-*s |", width[i], text)
		}
		fmt.Fprintln(out)
		if n > 0 {
			continue
		}
		fmt.Fprint(out, "|")
		for _, w := range width {
			fmt.Fprintf(out, "%.*s|", w+2, dashes)
		}
		fmt.Fprintln(out)
	}
	return ok
}

const dashes = "------------------------------------------------------------------------------------------------------------------------------------------------"

// atLeast and atMost compare a measurement with its target.
func atLeast(what, unit string, target, got float64) row {
	return row{what, ">= " + formatNumber(target) + unit, formatNumber(got) + unit, got >= target}
}

func atMost(what, unit string, target, got float64) row {
	return row{what, "<= " + formatNumber(target) + unit, formatNumber(got) + unit, got <= target}
}

// formatNumber writes a number with its thousands apart, and digits after the point
// only where they tell something.
func formatNumber(v float64) string {
	if v < 1000 && v != float64(int(v)) {
		return fmt.Sprintf("%.1f", v)
	}
	text := fmt.Sprintf("%.0f", v)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
