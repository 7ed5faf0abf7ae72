package page

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
)

func TestAPageIsDrawnAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York"} {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			d := sampleAt(when)
			d.Zone = zone
			page := rendered(t, d)
			for _, want := range []string{when.In(zone).Format("2 Jan 2006, 15:04 MST"), when.UTC().Format(time.RFC3339)} {
				if !strings.Contains(page, want) {
					t.Errorf("in %s the page does not say %s", name, want)
				}
			}
		}
	})
}
