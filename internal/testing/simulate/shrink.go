package simulate

import (
	"fmt"
	"strings"
)

// ShrinkWorld looks for the smallest world that still fails in the same way. It
// tries to take things out, one after the other, and keeps to what still fails.
// The texts that it returns make the world by Less; try runs one.
func ShrinkWorld(seed uint64, kind string, try func(less []string) Outcome) []string {
	fails := func(less []string) bool {
		if _, err := DrawWorld(seed).MakeLess(less); err != nil {
			return false
		}
		out := try(less)
		return len(out.Findings) > 0 && out.Findings[0].Kind == kind
	}
	var less []string
	for range 4 { // until nothing more can be taken out, or long enough
		before := len(less)
		for _, text := range listReductions(seed, less) {
			if more := append(append([]string(nil), less...), text); fails(more) {
				less = more
			}
		}
		if len(less) == before {
			break
		}
	}
	if short := writeBriefly(seed, less); fails(short) {
		return short
	}
	return less
}

// listReductions are what may be taken out of a world, what weighs most first.
func listReductions(seed uint64, less []string) (out []string) {
	w, err := DrawWorld(seed).MakeLess(less)
	if err != nil {
		return nil
	}
	for n := len(w.Sessions) - 1; n > 0; n-- {
		out = append(out, fmt.Sprintf("sessions=%d", n))
	}
	for i := len(w.Sessions) - 2; i >= 0; i-- {
		out = append(out, fmt.Sprintf("without session %d", i))
	}
	if len(less) == 0 {
		out = append(out, "only", "without faults", "without storms")
	}
	for _, p := range w.listParts() {
		if p.there {
			out = append(out, "without "+p.name)
		}
	}
	for _, x := range w.listNumbers() {
		for n := x.least; n < *x.value; n = 2*n + 1 {
			out = append(out, fmt.Sprintf("%s=%d", x.name, n))
		}
	}
	return out
}

// writeBriefly says what is left of a world instead of what was taken out.
func writeBriefly(seed uint64, less []string) (out []string) {
	was, w := DrawWorld(seed), DrawWorld(seed)
	for i, text := range less {
		if strings.HasPrefix(text, "sessions=") && i+1 < len(less) && strings.HasPrefix(less[i+1], "sessions=") {
			continue
		}
		if strings.HasPrefix(text, "sessions=") || strings.HasPrefix(text, "without session ") {
			out = append(out, text)
		}
	}
	w, err := w.MakeLess(less)
	if err != nil {
		return less
	}
	for i, x := range w.listNumbers() {
		if *x.value != *was.listNumbers()[i].value {
			out = append(out, fmt.Sprintf("%s=%d", x.name, *x.value))
		}
	}
	return append(out, "only "+strings.Join(w.leftParts(), " | "))
}
