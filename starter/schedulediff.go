package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/saas"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// difference is one thing about the schedule that is not as the settings ask.
type difference struct {
	What    string `json:"what"`
	Applied string `json:"applied"` // as Temporal has it
	Wanted  string `json:"wanted"`  // as the settings have it
}

func (d difference) String() string {
	if d.Applied == "" && d.Wanted == "" {
		return d.What
	}
	return fmt.Sprintf("%s: %s, by the settings %s", d.What, d.Applied, d.Wanted)
}

// differ collects differences.
type differ []difference

func (d *differ) compare(what, applied, wanted string) {
	if applied != wanted {
		*d = append(*d, difference{what, applied, wanted})
	}
}

// differences tells what about a schedule is not as the settings ask, whoever
// changed it: when it starts, its policies, and what its sessions do. A pause
// is the operator's and no difference.
func (c connection) differences(old client.Schedule) []difference {
	var d differ
	d.spec(old.Spec, c)
	var has client.SchedulePolicies
	if old.Policy != nil {
		has = *old.Policy
	}
	want := c.policies()
	d.compare("a start while a session runs", has.Overlap.String(), want.Overlap.String())
	d.compare("catch-up window", short(has.CatchupWindow), short(want.CatchupWindow))
	d.compare("pause on failure", fmt.Sprint(has.PauseOnFailure), fmt.Sprint(want.PauseOnFailure))
	if old.State != nil && old.State.LimitedActions {
		d.compare("number of starts", fmt.Sprintf("%d more", old.State.RemainingActions), "unlimited")
	}
	d.action(old.Action, c)
	return d
}

// spec compares when sessions start. Temporal keeps a cron expression as the
// sets of minutes, hours and days that it means, so these are compared.
func (d *differ) spec(old *client.ScheduleSpec, c connection) {
	want, err := c.spec()
	if err != nil || old == nil {
		d.compare("when", "nothing", c.settings.Integration.Schedule)
		return
	}
	if !sameStarts(*old, want) {
		d.compare("when", describeSpec(*old), c.settings.Integration.Schedule)
	}
	d.compare("time zone", zoneName(old.TimeZoneName), zoneName(want.TimeZoneName))
	d.compare("jitter", short(old.Jitter), short(want.Jitter))
	if len(old.Skip) > 0 || !old.StartAt.IsZero() || !old.EndAt.IsZero() {
		d.compare("times left out", "some", "none")
	}
}

// sameStarts reports whether two specs mean the same times; want has one
// interval or one cron expression.
func sameStarts(old, want client.ScheduleSpec) bool {
	if len(want.CronExpressions) == 0 {
		return len(old.Calendars) == 0 && slices.Equal(old.Intervals, want.Intervals)
	}
	parsed, err := cron.ParseStandard(want.CronExpressions[0])
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok || len(old.Intervals) > 0 || len(old.Calendars) != 1 {
		return false
	}
	cal := old.Calendars[0]
	return len(cal.Year) == 0 && set(cal.Second) == 1 && set(cal.Minute) == days(spec.Minute) && set(cal.Hour) == days(spec.Hour) &&
		set(cal.DayOfMonth) == days(spec.Dom) && set(cal.Month) == days(spec.Month) && set(cal.DayOfWeek) == days(spec.Dow)
}

// days is a set of the cron package without its mark for a star.
func days(bits uint64) uint64 { return bits &^ (1 << 63) }

// set is the numbers that Temporal's ranges hold, a bit each.
func set(ranges []client.ScheduleRange) uint64 {
	var bits uint64
	for _, r := range ranges {
		for n := r.Start; n <= max(r.Start, r.End) && n < 63; n += max(r.Step, 1) {
			bits |= 1 << n
		}
	}
	return bits
}

// describeSpec says when a schedule starts, as far as a line can.
func describeSpec(s client.ScheduleSpec) string {
	var parts []string
	for _, i := range s.Intervals {
		text := "every " + short(i.Every)
		if i.Offset > 0 {
			text += " after " + short(i.Offset)
		}
		parts = append(parts, text)
	}
	for _, cal := range s.Calendars {
		parts = append(parts, "at "+fields(cal))
	}
	if len(parts) == 0 {
		return "never"
	}
	return strings.Join(parts, " and ")
}

// fields writes a calendar as a cron expression.
func fields(c client.ScheduleCalendarSpec) string {
	return strings.Join([]string{
		field(c.Minute, 0, 59), field(c.Hour, 0, 23), field(c.DayOfMonth, 1, 31), field(c.Month, 1, 12), field(c.DayOfWeek, 0, 6),
	}, " ")
}

func field(ranges []client.ScheduleRange, first, last int) string {
	var parts []string
	for _, r := range ranges {
		end := max(r.Start, r.End)
		text := fmt.Sprint(r.Start)
		switch {
		case r.Start == first && end == last:
			text = "*"
		case end > r.Start:
			text = fmt.Sprintf("%d-%d", r.Start, end)
		}
		if r.Step > 1 {
			text += fmt.Sprintf("/%d", r.Step)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ",")
}

// action compares what the schedule starts.
func (d *differ) action(old client.ScheduleAction, c connection) {
	has, ok := old.(*client.ScheduleWorkflowAction)
	if !ok {
		d.compare("action", "none", workflows.SessionWorkflow)
		return
	}
	want := c.action()
	d.compare("workflow", fmt.Sprint(has.Workflow), fmt.Sprint(want.Workflow))
	d.compare("workflow id", has.ID, want.ID)
	d.compare("task queue", has.TaskQueue, want.TaskQueue)
	d.compare("summary", has.StaticSummary, want.StaticSummary)
	d.compare("time limits", fmt.Sprint(has.WorkflowExecutionTimeout, has.WorkflowRunTimeout), fmt.Sprint(want.WorkflowExecutionTimeout, want.WorkflowRunTimeout))
	d.key(has.Args, c)
	d.input(has.Args, c)
	for _, key := range []string{workflows.AttrIntegration.GetName(), workflows.AttrStartedBy.GetName()} {
		d.compare("search attribute "+key, attribute(has, key), attribute(want, key))
	}
	if has.StaticDetails != want.StaticDetails && len(*d) == 0 {
		*d = append(*d, difference{What: "details"})
	}
}

func attribute(a *client.ScheduleWorkflowAction, name string) string {
	for key, value := range a.TypedSearchAttributes.GetUntypedValues() {
		if key.GetName() == name {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// encryptionKey is what a difference in the key is called.
const encryptionKey = "encryption key"

// key compares the ids of the keys that sessions' input is kept under.
func (d *differ) key(args []any, c connection) {
	if len(args) != 1 {
		return
	}
	if p, ok := args[0].(*commonpb.Payload); ok {
		none := func(id string) string { return cmp.Or(id, "none") }
		d.compare(encryptionKey, none(temporalx.KeyOf(p)), none(temporalx.KeyID(c.settings.Payload.EncryptionKeys.Reveal())))
	}
}

// input compares what sessions are started with, setting by setting.
func (d *differ) input(args []any, c connection) {
	wanted := map[string]any{}
	flatten("", c.input(), wanted)
	has := map[string]any{}
	if len(args) == 1 {
		var in workflows.SessionInput
		if p, ok := args[0].(*commonpb.Payload); !ok || c.converter.FromPayload(p, &in) != nil {
			*d = append(*d, difference{"what sessions do", "not readable with this PAYLOAD_ENCRYPTION_KEY", "readable"})
			return
		}
		flatten("", in, has)
	}
	names := maps.Clone(has)
	maps.Copy(names, wanted)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d.compare(name, value(has[name]), value(wanted[name]))
	}
}

// flatten writes a value's JSON as path → value; durations are in nanoseconds
// there, as the policy has them.
func flatten(path string, v any, into map[string]any) {
	text, err := json.Marshal(v)
	var object map[string]any
	if err != nil || json.Unmarshal(text, &object) != nil {
		into[path] = string(text)
		return
	}
	for name, inner := range object {
		p := strings.TrimPrefix(path+"."+name, ".")
		if _, nested := inner.(map[string]any); nested {
			flatten(p, inner, into)
			continue
		}
		into[p] = inner
	}
}

// value shows one setting of a session's input.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "unset"
	case float64:
		if v >= float64(time.Second) && v == float64(int64(v)) {
			return short(time.Duration(v))
		}
		return fmt.Sprint(v)
	case []any:
		text := make([]string, len(v))
		for i, item := range v {
			text[i] = fmt.Sprint(item)
		}
		return strings.Join(text, ",")
	}
	return fmt.Sprint(v)
}

func zoneName(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}

// short is a duration as an operator would write it: 90d, 12h, 1h30m, 0s.
func short(d time.Duration) string {
	if d >= 2*saas.Day && d%saas.Day == 0 {
		return fmt.Sprintf("%dd", d/saas.Day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}
