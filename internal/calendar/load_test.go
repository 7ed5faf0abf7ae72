package calendar

import (
	"testing"
	"time"
)

func TestStartsThatComeWhileASessionRunsAreSkipped(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	every := func(d time.Duration, n int) (out []time.Time) {
		for i := range n {
			out = append(out, noon.Add(time.Duration(i)*d))
		}
		return out
	}
	const week = 7 * day
	for name, tc := range map[string]struct {
		starts []time.Time
		pace   Pace
		want   Load
	}{
		"no starts":                                  {nil, Pace{Incremental: time.Hour}, Load{}},
		"sessions of which nothing is known":         {every(time.Hour, 24), Pace{}, Load{Starts: 24, Incremental: 24}},
		"sessions that are shorter than the gap":     {every(time.Hour, 24), Pace{Incremental: 20 * time.Minute}, Load{Starts: 24, Incremental: 24}},
		"a session that ends just as another starts": {every(time.Hour, 24), Pace{Incremental: time.Hour}, Load{Starts: 24, Incremental: 24}},
		"a session that is longer by a second":       {every(time.Hour, 24), Pace{Incremental: time.Hour + time.Second}, Load{Starts: 24, Incremental: 12, Skipped: 12}},
		"sessions of nearly three gaps":              {every(time.Hour, 24), Pace{Incremental: 170 * time.Minute}, Load{Starts: 24, Incremental: 8, Skipped: 16}},
		"a full session a week":                      {every(time.Hour, 7*24), Pace{Incremental: 5 * time.Minute, Full: 150 * time.Minute, FullEvery: week, LastFull: noon.Add(-3 * day)}, Load{Starts: 168, Full: 1, Incremental: 165, SkippedByFull: 2}},
		"the first session is full":                  {every(day, 7), Pace{Incremental: time.Hour, Full: 30 * time.Hour, FullEvery: week}, Load{Starts: 7, Full: 1, Incremental: 5, SkippedByFull: 1}},
		"every session is full":                      {every(12*time.Hour, 6), Pace{Full: 13 * time.Hour, FullEvery: time.Hour}, Load{Starts: 6, Full: 3, SkippedByFull: 3}},
		"both are too long":                          {every(time.Hour, 10), Pace{Incremental: 90 * time.Minute, Full: 150 * time.Minute, FullEvery: week}, Load{Starts: 10, Full: 1, Incremental: 4, Skipped: 3, SkippedByFull: 2}},
		"starts at times that differ": {[]time.Time{noon, noon.Add(time.Hour), noon.Add(8 * time.Hour), noon.Add(9 * time.Hour)},
			Pace{Incremental: 2 * time.Hour}, Load{Starts: 4, Incremental: 2, Skipped: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := CountLoad(tc.starts, tc.pace); got != tc.want {
				t.Errorf("%+v, not %+v", got, tc.want)
			}
		})
	}
}
