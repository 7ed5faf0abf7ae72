package harness

import (
	"fmt"
	"time"
)

// Schedule is the integrations' schedule: once a year, half a year from now, so
// that on no day a session starts that no test has asked for.
var Schedule = onceAYear(time.Now())

// onceAYear is a cron expression whose next start is months away.
func onceAYear(now time.Time) string {
	return fmt.Sprintf("0 3 1 %d *", (int(now.UTC().Month())+5)%12+1)
}
