package harness

import (
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/testing/instants"
)

func TestTheScheduleStartsNothingForMonthsOnWhateverDay(t *testing.T) {
	days := instants.All()
	for day := range 366 {
		days = append(days, instants.Instant{At: instants.Noon.AddDate(0, 0, day)})
	}
	for _, day := range days {
		s, err := config.ParseSchedule(onceAYear(day.At), "UTC")
		if err != nil {
			t.Fatal(err)
		}
		if next := s.NextStart(day.At); next.Sub(day.At) < 120*24*time.Hour {
			t.Errorf("at %s the next start is %s", day.At, next)
		}
	}
}
