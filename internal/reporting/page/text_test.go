package page

import (
	"strings"
	"testing"
	"time"
)

func TestNumbersHaveCommasBetweenThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000"} {
		if got := formatNumber(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 apps", 1: "1 app", 2: "2 apps", 2000: "2,000 apps"} {
		if got := formatCount(n, "app", "apps"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestAShareIsNoneOrAllOnlyWhereItIs(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		want        string
	}{
		{0, 0, "0 %"}, {0, 10, "0 %"}, {10, 10, "100 %"}, {1, 1000, "1 %"}, {999, 1000, "99 %"}, {1, 2, "50 %"}, {1, 3, "33 %"}, {2, 3, "67 %"}, {5, 1000, "1 %"},
	} {
		if got := formatPercent(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func TestADurationHasItsTwoGreatestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 499 * time.Millisecond: "0 s", 500 * time.Millisecond: "1 s", 59 * time.Second: "59 s", 59*time.Second + 600*time.Millisecond: "1 min 0 s",
		time.Minute: "1 min 0 s", 61 * time.Second: "1 min 1 s", 59*time.Minute + 59*time.Second: "59 min 59 s", time.Hour: "1 h 0 min", 25*time.Hour + 61*time.Second: "25 h 1 min",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestTextOfOthersIsOneBoundedVisibleLine(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", " a\tb\nc ": "a b c", "a\x00b\x1bc": "abc", "txt\u202egpj": "txtgpj", "a\u200bb": "ab", "👩\u200d👧": "👩\u200d👧", "bad\xff": "bad\ufffd", "": "",
		strings.Repeat("ü", maxName):      strings.Repeat("ü", maxName),
		strings.Repeat("ü", maxName+1):    strings.Repeat("ü", maxName) + "…",
		strings.Repeat("\x00", 200) + "a": "a", // what is removed does not count
	} {
		if got := cleanName(text); got != want {
			t.Errorf("%.20q: %.20q, want %.20q", text, got, want)
		}
	}
	if got := cleanSentence(strings.Repeat("a", maxSentence+1)); len([]rune(got)) != maxSentence+1 {
		t.Errorf("a sentence has %d characters", len([]rune(got)))
	}
}

func TestTimesAreShownInTheZoneOfThePage(t *testing.T) {
	at := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	p := page{zone: time.FixedZone("CET", 3600)}
	if day, moment, none := p.formatDay(at), p.formatMoment(at), p.formatDay(time.Time{}); day != "25 Nov 2026" || moment != "25 Nov 2026, 00:30 CET" || none != "–" {
		t.Errorf("got %q, %q, %q", day, moment, none)
	}
}

func TestAListIsCutWithTheNumberOfTheRest(t *testing.T) {
	list := []int{1, 2, 3}
	for _, c := range []struct {
		limit, total, shown int
		rest                string
	}{
		{3, 0, 3, ""}, {5, 3, 3, ""}, {2, 0, 2, "and 1 more app"}, {1, 0, 1, "and 2 more apps"}, {2, 1002, 2, "and 1,000 more apps"}, {3, 4, 3, "and 1 more app"},
	} {
		shown, rest := cutList(list, c.limit, c.total, "app", "apps")
		if len(shown) != c.shown || rest != c.rest {
			t.Errorf("%+v: %d shown, %q", c, len(shown), rest)
		}
	}
}
