package main

import (
	"slices"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/contract"
)

// applied is a schedule as Temporal has it after it was applied with the settings of
// a connection.
func (c connection) applied(t *testing.T) client.Schedule {
	t.Helper()
	want, err := c.wantedSessions()
	if err != nil {
		t.Fatal(err)
	}
	spec, policies := want.timesSpec(), want.startPolicies()
	spec.CronExpressions, spec.Calendars = nil, []client.ScheduleCalendarSpec{dailyAt(3)} // in which Temporal stores them
	action := *want.action
	input, err := c.converter.ToPayload(c.sessionInput())
	if err != nil {
		t.Fatal(err)
	}
	action.Args = []any{input}
	return client.Schedule{Spec: &spec, Policy: &policies, State: &client.ScheduleState{}, Action: &action}
}

// dailyAt is an hour of every day.
func dailyAt(hour int) client.ScheduleCalendarSpec {
	span := func(from, to int) []client.ScheduleRange {
		return []client.ScheduleRange{{Start: from, End: to, Step: 1}}
	}
	return client.ScheduleCalendarSpec{
		Second: span(0, 0), Minute: span(0, 0), Hour: span(hour, hour), DayOfMonth: span(1, 31), Month: span(1, 12), DayOfWeek: span(0, 6),
	}
}

func TestEveryDifferenceOfAScheduleFromTheSettingsIsNamed(t *testing.T) {
	settings, err := config.Load(t.Context(), []string{"INTEGRATION_NAME=hr", "INTEGRATION_SCHEDULE=0 3 * * *", "INTEGRATION_TIMEZONE=Europe/Berlin", "INTEGRATION_JITTER=5m", "INTEGRATION_DEFAULT_ROLE=25"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn := connection{settings: settings, converter: converter.GetDefaultDataConverter()}
	action := func(s *client.Schedule) *client.ScheduleWorkflowAction {
		return s.Action.(*client.ScheduleWorkflowAction)
	}
	pauseEnds := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		edit func(*client.Schedule)
		want []string
	}{
		"nothing": {func(*client.Schedule) {}, nil},
		"a pause, which is the operator's": {func(s *client.Schedule) {
			s.State.Paused, s.State.Note = true, "audit week"
		}, nil},
		"a pause that ends by itself": {func(s *client.Schedule) {
			s.Spec.StartAt = pauseEnds
			s.State.Note = contract.PauseNote{By: "ann@desk", From: pauseEnds.Add(-time.Hour), Ends: pauseEnds}.String()
		}, nil},
		"a start that is put off by hand": {func(s *client.Schedule) { s.Spec.StartAt = pauseEnds }, []string{"excluded times: some, settings: none"}},
		"times that are left out":         {func(s *client.Schedule) { s.Spec.Skip = make([]client.ScheduleCalendarSpec, 1) }, []string{"excluded times: some, settings: none"}},
		"an end":                          {func(s *client.Schedule) { s.Spec.EndAt = pauseEnds }, []string{"excluded times: some, settings: none"}},
		"another time":                    {func(s *client.Schedule) { s.Spec.Calendars[0] = dailyAt(4) }, []string{"when: at 0 4 * * *, settings: 0 3 * * *"}},
		"an interval": {func(s *client.Schedule) {
			s.Spec.Calendars, s.Spec.Intervals = nil, []client.ScheduleIntervalSpec{{Every: time.Hour}}
		}, []string{"when: every 1h, settings: 0 3 * * *"}},
		"no times":                     {func(s *client.Schedule) { s.Spec = nil }, []string{"when: nothing, settings: 0 3 * * *"}},
		"another time zone":            {func(s *client.Schedule) { s.Spec.TimeZoneName = "" }, []string{"time zone: UTC, settings: Europe/Berlin"}},
		"no jitter":                    {func(s *client.Schedule) { s.Spec.Jitter = 0 }, []string{"jitter: 0s, settings: 5m"}},
		"sessions side by side":        {func(s *client.Schedule) { s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL }, []string{"overlap policy: AllowAll, settings: Skip"}},
		"another catch-up window":      {func(s *client.Schedule) { s.Policy.CatchupWindow = time.Minute }, []string{"catch-up window: 1m, settings: 12h"}},
		"a pause when a session fails": {func(s *client.Schedule) { s.Policy.PauseOnFailure = true }, []string{"pause on failure: true, settings: false"}},
		"no policies": {func(s *client.Schedule) { s.Policy = nil }, []string{
			"overlap policy: Unspecified, settings: Skip", "catch-up window: 0s, settings: 12h"}},
		"a few starts more":  {func(s *client.Schedule) { s.State.LimitedActions, s.State.RemainingActions = true, 3 }, []string{"number of starts: 3 more, settings: unlimited"}},
		"no state":           {func(s *client.Schedule) { s.State = nil }, nil},
		"nothing to start":   {func(s *client.Schedule) { s.Action = nil }, []string{"action: none, settings: " + contract.WorkflowSession}},
		"another workflow":   {func(s *client.Schedule) { action(s).Workflow = "Report" }, []string{"workflow: Report, settings: " + contract.WorkflowSession}},
		"another id":         {func(s *client.Schedule) { action(s).ID = "mine" }, []string{"workflow id: mine, settings: " + contract.SessionID("hr")}},
		"another task queue": {func(s *client.Schedule) { action(s).TaskQueue = "mine" }, []string{"task queue: mine, settings: " + contract.TaskQueue("hr")}},
		"a time limit":       {func(s *client.Schedule) { action(s).WorkflowRunTimeout = time.Hour }, []string{"time limits: 0s 1h0m0s, settings: 0s 0s"}},
		"no attributes": {func(s *client.Schedule) { action(s).TypedSearchAttributes = temporal.SearchAttributes{} }, []string{
			"search attribute " + contract.AttrIntegration + ": , settings: hr", "search attribute " + contract.AttrStartedBy + ": , settings: schedule"}},
		"other words alone":              {func(s *client.Schedule) { action(s).StaticDetails = "of long ago" }, []string{"details"}},
		"other words and something else": {func(s *client.Schedule) { action(s).StaticDetails, action(s).TaskQueue = "of long ago", "mine" }, []string{"task queue: mine, settings: " + contract.TaskQueue("hr")}},
		"another role for people": {func(s *client.Schedule) {
			in := conn.sessionInput()
			in.Policy.DefaultRole = 26
			action(s).Args[0], _ = conn.converter.ToPayload(in)
		}, []string{"policy.defaultRole: 26, settings: 25"}},
		"an input that is none": {func(s *client.Schedule) { action(s).Args[0], _ = conn.converter.ToPayload("x") }, []string{
			"what sessions do: can't be read with this PAYLOAD_ENCRYPTION_KEY, settings: readable"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := conn.applied(t)
			tc.edit(&s)
			var got []string
			for _, d := range conn.compareSchedule(s) {
				got = append(got, d.String())
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("it differs by %q, not %q", got, tc.want)
			}
		})
	}
}

func TestAChangeOfTheKeyIsADifference(t *testing.T) {
	environ := []string{"INTEGRATION_NAME=hr", "INTEGRATION_SCHEDULE=0 3 * * *", "PAYLOAD_ENCRYPTION_KEY=new:" + keyTwo}
	settings, err := config.Load(t.Context(), environ, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn := connection{settings: settings, converter: converter.GetDefaultDataConverter()}
	got := conn.compareSchedule(conn.applied(t)) // as it was before there was a key
	if len(got) == 0 || got[0].String() != "encryption key: none, settings: new" || changeText(got[0]) != "encryption key: new, was none" {
		t.Errorf("it differs by %v", got)
	}
}

func TestSettingsAreComparedAsPeopleWriteThem(t *testing.T) {
	for want, v := range map[string]any{
		"unset": nil, "25": 25.0, "0.5": 0.5, "1h30m": float64(90 * time.Minute), "a,b": []any{"a", "b"}, "true": true, "text": "text",
	} {
		if got := formatSetting(v); got != want {
			t.Errorf("%v: %q, not %q", v, got, want)
		}
	}
}
