package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// colours reads the page's named colours, in the light and in the dark.
func colours(t *testing.T) map[string]map[string]string {
	t.Helper()
	style, err := readAsset("page.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(style, "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("the page has no dark colours")
	}
	out := map[string]map[string]string{"light": {}, "dark": {}}
	for scheme, part := range map[string]string{"light": light, "dark": dark} {
		for _, m := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(part, -1) {
			out[scheme][m[1]] = m[2]
		}
	}
	return out
}

// luminance and contrast are those of the Web Content Accessibility Guidelines
// 2.2 [DOC W3C: relative luminance, contrast ratio].
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var part [3]float64
	for i := range part {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		if part[i] = float64(n) / 255; part[i] <= 0.04045 {
			part[i] /= 12.92
		} else {
			part[i] = math.Pow((part[i]+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*part[0] + 0.7152*part[1] + 0.0722*part[2]
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextAndBarsStandOutFromTheirGround(t *testing.T) {
	for scheme, colour := range colours(t) {
		for _, c := range []struct {
			name, ground string
			least        float64
		}{
			{"ink", "card", 7}, {"soft", "card", 4.5}, {"soft", "ground", 4.5}, // text
			{"good", "card", 3}, {"warn", "card", 3}, {"bad", "card", 3}, {"busy", "card", 3}, {"ended", "card", 3}, // large text and bars
			{"active", "card", 3}, {"idle", "card", 3}, {"quiet", "card", 3},
		} {
			if colour[c.name] == "" || colour[c.ground] == "" {
				t.Fatalf("%s: no colour %s or %s", scheme, c.name, c.ground)
			}
			if got := contrast(t, colour[c.name], colour[c.ground]); got < c.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, c.name, c.ground, got, c.least)
			}
		}
	}
}
