package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// minInterval is the shortest interval between sessions: the request budget is
// counted by the minute.
const minInterval = time.Minute

// Schedule says when sessions start. Either Every or Cron is set.
type Schedule struct {
	Every    time.Duration // interval, aligned to the Unix epoch: every 24h is midnight UTC
	Cron     string        // five fields: minute, hour, day of month, month, day of week from 0 to 6
	Timezone string        // IANA name; applies to Cron only

	spec cron.Schedule
	zone *time.Location
}

// ParseSchedule reads `every 24h` or a cron expression of five fields, and an
// IANA time zone ("" is UTC). Errors say what is accepted. An invalid time zone is
// a *Problem that names INTEGRATION_TIMEZONE.
func ParseSchedule(text, timezone string) (Schedule, error) {
	if timezone == "" {
		timezone = "UTC"
	}
	zone, err := time.LoadLocation(timezone)
	if err != nil || timezone == "Local" {
		return Schedule{}, &Problem{Name: "INTEGRATION_TIMEZONE", Value: timezone, Err: errors.New("not a time zone: use an IANA name such as Europe/Berlin or UTC")}
	}
	s := Schedule{Timezone: timezone, zone: zone}
	fields := strings.Fields(text)
	if len(fields) == 1 && cronWords[strings.ToLower(fields[0])] != "" {
		fields = strings.Fields(cronWords[strings.ToLower(fields[0])])
	}
	if len(fields) == 2 && strings.EqualFold(fields[0], "@every") {
		fields[0] = "every"
	}
	if len(fields) == 2 && strings.EqualFold(fields[0], "every") {
		s.Every, err = ParseDuration(fields[1])
		if err == nil && s.Every < minInterval {
			err = fmt.Errorf("every %v is too often: %v is the least", s.Every, minInterval)
		}
		return s, err
	}
	if len(fields) != 5 {
		return Schedule{}, errors.New("use every 24h, @daily or its like, or a cron expression of five fields such as 30 2 * * *")
	}
	if strings.Contains(text, "?") {
		return Schedule{}, errors.New("use * where a field doesn't matter, not ?")
	}
	// Cron fires when either of the two days matches, Temporal when both do.
	if fields[2] != "*" && fields[4] != "*" {
		return Schedule{}, errors.New("give a day of the month or a day of the week, not both: schedulers disagree on what both mean")
	}
	if fields[4], err = normalizeWeekdays(fields[4]); err != nil {
		return Schedule{}, fmt.Errorf("not a cron expression: %w", err)
	}
	s.Cron = strings.Join(fields, " ")
	s.spec, err = cron.ParseStandard(s.Cron)
	if err != nil {
		return Schedule{}, fmt.Errorf("not a cron expression: %w", explainCron(fields, err))
	}
	if s.NextStart(time.Unix(0, 0)).IsZero() {
		return Schedule{}, errors.New("there is no such day: it would never fire")
	}
	return s, nil
}

// NextStart returns the first start after t, or the zero time if there is none.
func (s Schedule) NextStart(t time.Time) time.Time {
	if s.Every > 0 {
		since := t.Sub(time.Unix(0, 0))
		return time.Unix(0, 0).UTC().Add(since - since%s.Every + s.Every)
	}
	if s.spec == nil {
		return time.Time{}
	}
	return s.spec.Next(t.In(s.zone))
}

// String returns the schedule as it is written in INTEGRATION_SCHEDULE.
func (s Schedule) String() string {
	if s.Every > 0 {
		return "every " + s.Every.String()
	}
	return s.Cron + " (" + s.Timezone + ")"
}
