package saas

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
)

func TestPlanWindow(t *testing.T) { instants.Each(t, windowIsPlanned) }

func windowIsPlanned(t *testing.T, began time.Time) {
	policy := Policy{Lookback: 90 * Day, Overlap: 72 * time.Hour, FullEvery: 7 * Day}
	base := WindowInput{Began: began, Watermark: began.Add(-Day), LastFull: began.Add(-3 * Day), Rules: policy.RulesHash(), Policy: policy}
	tests := []struct {
		name   string
		change func(*WindowInput)
		want   Window
	}{
		{"the day after", func(*WindowInput) {}, Window{ModeIncremental, 7, began.Add(-4 * Day), "activity since " + began.Add(-4*Day).Format("2006-01-02 15:04")}},
		{"nothing known of the rules then", func(in *WindowInput) { in.Rules = "" }, Window{ModeIncremental, 7, began.Add(-4 * Day), "activity since"}},
		{"three days later, a week is just enough", func(in *WindowInput) { in.Watermark = began.Add(-3 * Day) },
			Window{ModeIncremental, 7, began.Add(-6 * Day), "activity since"}},
		{"four days later it is not", func(in *WindowInput) { in.Watermark = began.Add(-4 * Day) },
			Window{ModeIncremental, 30, began.Add(-7 * Day), "activity since"}},
		{"after a month", func(in *WindowInput) { in.Watermark = began.Add(-30 * Day); in.Policy.FullEvery = 0 },
			Window{ModeIncremental, 90, began.Add(-33 * Day), "activity since"}},
		{"a clock an hour behind", func(in *WindowInput) { in.Watermark = began.Add(time.Hour) },
			Window{ModeIncremental, 7, began.Add(-3 * Day), "activity since"}},
		{"the first", func(in *WindowInput) { in.Watermark = time.Time{} }, Window{ModeFull, 90, time.Time{}, "first session"}},
		{"asked for, first or not", func(in *WindowInput) { in.Full = true; in.Watermark = time.Time{} }, Window{ModeFull, 90, time.Time{}, "asked for"}},
		{"a gap beyond what Defender keeps", func(in *WindowInput) { in.Watermark = began.Add(-91 * Day) }, Window{ModeFull, 90, time.Time{}, "91 days"}},
		{"a watermark in the future", func(in *WindowInput) { in.Watermark = began.Add(2 * Day) }, Window{ModeFull, 90, time.Time{}, "future"}},
		{"other rules", func(in *WindowInput) { in.Rules = "0123" }, Window{ModeFull, 90, time.Time{}, "settings"}},
		{"too many rejects", func(in *WindowInput) { in.TooManyRejects = true }, Window{ModeFull, 90, time.Time{}, "rejected"}},
		{"no full session on record", func(in *WindowInput) { in.LastFull = time.Time{} }, Window{ModeFull, 90, time.Time{}, "no full session"}},
		{"a full one is due", func(in *WindowInput) { in.LastFull = began.Add(-8 * Day) }, Window{ModeFull, 90, time.Time{}, "last full session 8 days ago"}},
		{"due but for the schedule's jitter", func(in *WindowInput) { in.LastFull = began.Add(-7*Day + time.Minute) }, Window{ModeFull, 90, time.Time{}, "7 days ago"}},
		{"due tomorrow", func(in *WindowInput) { in.LastFull = began.Add(-6 * Day) }, Window{ModeIncremental, 7, began.Add(-4 * Day), "activity since"}},
		{"a short lookback leaves out what is older", func(in *WindowInput) { in.Full = true; in.Policy.Lookback = 30 * Day },
			Window{ModeFull, 30, began.Add(-30 * Day), "asked for"}},
		{"a lookback between the timeframes", func(in *WindowInput) { in.Full = true; in.Policy.Lookback = 31 * Day },
			Window{ModeFull, 90, began.Add(-31 * Day), "asked for"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := base
			tt.change(&in)
			got := PlanWindow(in)
			if !strings.Contains(got.Reason, tt.want.Reason) {
				t.Errorf("reason %q, want %q", got.Reason, tt.want.Reason)
			}
			tt.want.Reason = got.Reason
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestIsNewer(t *testing.T) { instants.Each(t, newerIsTold) }

func newerIsTold(t *testing.T, when time.Time) {
	threshold := when.Truncate(Day).Add(2 * time.Hour)
	midnight := threshold.Truncate(Day)
	tests := []struct {
		name     string
		lastSeen time.Time
		want     bool
	}{
		{"a second before", threshold.Add(-time.Second), false},
		{"the very moment", threshold, true},
		{"after", threshold.Add(time.Second), true},
		{"midnight of that day stands for the whole day", midnight, true},
		{"also when told in another zone", midnight.In(time.FixedZone("", -5*3600)), true},
		{"midnight of the day before", midnight.Add(-Day), false},
		{"shortly after that midnight is a time, not a day", midnight.Add(time.Second), false},
		{"no time", time.Time{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := IsNewer(tt.lastSeen, threshold); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if !IsNewer(time.Unix(0, 0), time.Time{}) {
		t.Error("without a threshold everything is newer")
	}
	if IsNewer(midnight.Add(-Day), midnight) {
		t.Error("the day before ends at the threshold, not after it")
	}
}

func TestRulesHashChangesWithWhatIsTakenOverOnly(t *testing.T) {
	base := Policy{Streams: []string{"A", "b"}, ExcludeUsers: []string{"x*", "y*"}, UsernameFormat: FormatEmail, Lookback: 90 * Day,
		AppThresholds: map[string]time.Duration{"Dropbox": Day}}
	same := map[string]func(*Policy){
		"the order of streams":    func(p *Policy) { p.Streams = []string{"B", "a"} },
		"a pattern twice":         func(p *Policy) { p.ExcludeUsers = []string{"y*", "X*", "x*"} },
		"the default spelt out":   func(p *Policy) { p.UsernameFormat = "" },
		"the default threshold":   func(p *Policy) { p.ActiveThreshold = DefaultActiveThreshold },
		"the spelling of an app":  func(p *Policy) { p.AppThresholds = map[string]time.Duration{"dropbox": Day} },
		"the role of new people":  func(p *Policy) { p.DefaultRole = 3 },
		"the overlap":             func(p *Policy) { p.Overlap = time.Hour },
		"how often a full is due": func(p *Policy) { p.FullEvery = time.Hour },
	}
	other := map[string]func(*Policy){
		"a stream":            func(p *Policy) { p.Streams = []string{"A"} },
		"a pattern":           func(p *Policy) { p.ExcludeUsers = nil },
		"the format":          func(p *Policy) { p.UsernameFormat = FormatAsIs },
		"the lookback":        func(p *Policy) { p.Lookback = 30 * Day },
		"the threshold":       func(p *Policy) { p.ActiveThreshold = Day },
		"one app's threshold": func(p *Policy) { p.AppThresholds = map[string]time.Duration{"Dropbox": 2 * Day} },
	}
	hash := base.RulesHash()
	if len(hash) != 12 {
		t.Errorf("hash %q", hash)
	}
	for name, change := range same {
		p := base
		if change(&p); p.RulesHash() != hash {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, change := range other {
		p := base
		if change(&p); p.RulesHash() == hash {
			t.Errorf("%s doesn't change the hash", name)
		}
	}
}

func TestWindowsAtTheirBounds(t *testing.T) { instants.Each(t, windowIsBounded) }

func windowIsBounded(t *testing.T, began time.Time) {
	for name, tt := range map[string]struct {
		policy          Policy
		since, sinceAll time.Duration // of the last good session, and of the last full one
		want            Mode
	}{
		"as old as what Defender keeps":          {Policy{}, Retention, Day, ModeIncremental},
		"older than what Defender keeps":         {Policy{}, Retention + 1, Day, ModeFull},
		"a day in the future":                    {Policy{}, -Day, Day, ModeIncremental},
		"more than a day in the future":          {Policy{}, -Day - 1, Day, ModeFull},
		"an hour before a week":                  {Policy{FullEvery: 7 * Day}, Day, 7*Day - time.Hour, ModeFull},
		"more than an hour before a week":        {Policy{FullEvery: 7 * Day}, Day, 7*Day - time.Hour - 1, ModeIncremental},
		"half an hour before half a day":         {Policy{FullEvery: Day / 2}, time.Hour, Day/2 - 30*time.Minute, ModeFull},
		"three quarters of one before that":      {Policy{FullEvery: Day / 2}, time.Hour, Day/2 - 45*time.Minute, ModeIncremental},
		"a full session is never due by its age": {Policy{}, Day, 1000 * Day, ModeIncremental},
	} {
		got := PlanWindow(WindowInput{Began: began, Watermark: began.Add(-tt.since), LastFull: began.Add(-tt.sinceAll), Policy: tt.policy})
		if got.Mode != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for back, want := range map[time.Duration]Window{
		0: {Timeframe: 90}, Retention: {Timeframe: 90}, -Day: {Timeframe: 90}, 7 * Day: {Timeframe: 7, Threshold: began.Add(-7 * Day).UTC()}, Retention - 1: {Timeframe: 90, Threshold: began.Add(1 - Retention).UTC()},
	} {
		want.Mode, want.Reason = ModeFull, "asked for"
		if got := PlanWindow(WindowInput{Began: began, Full: true, Policy: Policy{Lookback: back}}); got != want {
			t.Errorf("back %s: %+v, want %+v", back, got, want)
		}
	}
}

func TestSpansInDays(t *testing.T) {
	for span, want := range map[time.Duration]int{0: 7, 7 * 24 * time.Hour: 7, 7*24*time.Hour + 1: 30, 30 * 24 * time.Hour: 30, 30*24*time.Hour + 1: 90, 400 * 24 * time.Hour: 90} {
		if got := smallestTimeframe(span); got != want {
			t.Errorf("%s: %d, want %d", span, got, want)
		}
	}
	for span, want := range map[time.Duration]string{0: "0 days", 12*time.Hour - 1: "0 days", 12 * time.Hour: "1 day", 24 * time.Hour: "1 day", 36 * time.Hour: "2 days", 90 * 24 * time.Hour: "90 days"} {
		if got := formatDays(span); got != want {
			t.Errorf("%s: %s, want %s", span, got, want)
		}
	}
	if Retention.Hours() != 2160 || DefaultActiveThreshold.Hours() != 1440 {
		t.Errorf("Defender keeps %s, people are active for %s", Retention, DefaultActiveThreshold)
	}
}
