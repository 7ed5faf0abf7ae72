package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/calendar"
	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// difference is one way in which the schedule differs from the settings.
type difference struct {
	What    string `json:"what"`
	Applied string `json:"applied"` // as Temporal has it
	Wanted  string `json:"wanted"`  // as the settings have it
}

func (d difference) String() string {
	if d.Applied == "" && d.Wanted == "" {
		return d.What
	}
	return fmt.Sprintf("%s: %s, settings: %s", d.What, d.Applied, d.Wanted)
}

// differ collects differences.
type differ []difference

// addDifference adds a difference if the values differ.
func (d *differ) addDifference(what, applied, wanted string) {
	if applied != wanted {
		*d = append(*d, difference{what, applied, wanted})
	}
}

// compareSchedule lists how a schedule differs from the settings: its times,
// its policies and what its sessions do. A pause is the operator's decision and
// not a difference.
func (c connection) compareSchedule(there client.Schedule) []difference {
	var d differ
	want, err := c.wantedSessions()
	if err != nil || there.Spec == nil {
		d.addDifference("when", "nothing", c.settings.Integration.Schedule)
	} else {
		has := *there.Spec
		if has.StartAt.Equal(endOfPause(there)) {
			has.StartAt = time.Time{}
		}
		d.compareTimes(has, want.timesSpec(), c.settings.Integration.Schedule)
	}
	d.comparePolicies(there, want.startPolicies())
	d.compareAction(there.Action, c)
	return d
}

// compareTimes compares when sessions start. Temporal stores a cron expression
// as sets of minutes, hours and days, so these sets are compared.
func (d *differ) compareTimes(has, want client.ScheduleSpec, setting string) {
	if !calendar.SameStarts(has, want) {
		d.addDifference("when", calendar.DescribeTimes(has), setting)
	}
	d.addDifference(timeZone, zoneName(has.TimeZoneName), zoneName(want.TimeZoneName))
	d.addDifference("jitter", calendar.FormatDuration(has.Jitter), calendar.FormatDuration(want.Jitter))
	if len(has.Skip) > 0 || !has.StartAt.IsZero() || !has.EndAt.IsZero() {
		d.addDifference("excluded times", "some", "none")
	}
}

// comparePolicies compares the policies for starts that can't be made as
// scheduled.
func (d *differ) comparePolicies(there client.Schedule, want client.SchedulePolicies) {
	var has client.SchedulePolicies
	if there.Policy != nil {
		has = *there.Policy
	}
	d.addDifference("overlap policy", has.Overlap.String(), want.Overlap.String())
	d.addDifference("catch-up window", calendar.FormatDuration(has.CatchupWindow), calendar.FormatDuration(want.CatchupWindow))
	d.addDifference("pause on failure", fmt.Sprint(has.PauseOnFailure), fmt.Sprint(want.PauseOnFailure))
	if there.State != nil && there.State.LimitedActions {
		d.addDifference("number of starts", fmt.Sprintf("%d more", there.State.RemainingActions), "unlimited")
	}
}

// compareAction compares what the schedule starts.
func (d *differ) compareAction(there client.ScheduleAction, c connection) {
	has, ok := there.(*client.ScheduleWorkflowAction)
	if !ok {
		d.addDifference("action", "none", contract.WorkflowSession)
		return
	}
	want := c.sessionAction()
	d.addDifference("workflow", fmt.Sprint(has.Workflow), fmt.Sprint(want.Workflow))
	d.addDifference("workflow id", has.ID, want.ID)
	d.addDifference("task queue", has.TaskQueue, want.TaskQueue)
	d.addDifference("summary", has.StaticSummary, want.StaticSummary)
	d.addDifference("time limits", fmt.Sprint(has.WorkflowExecutionTimeout, has.WorkflowRunTimeout), fmt.Sprint(want.WorkflowExecutionTimeout, want.WorkflowRunTimeout))
	d.compareKey(has.Args, c)
	d.compareInput(has.Args, c)
	for _, key := range []string{contract.AttrIntegration, contract.AttrStartedBy} {
		d.addDifference("search attribute "+key, findAttribute(has, key), findAttribute(want, key))
	}
	if has.StaticDetails != want.StaticDetails && len(*d) == 0 {
		*d = append(*d, difference{What: "details"})
	}
}

func findAttribute(a *client.ScheduleWorkflowAction, name string) string {
	for key, value := range a.TypedSearchAttributes.GetUntypedValues() {
		if key.GetName() == name {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// encryptionKey is how a difference of the key is called.
const encryptionKey = "encryption key"

// compareKey compares the ids of the keys that the sessions' input is encrypted
// with.
func (d *differ) compareKey(args []any, c connection) {
	if len(args) != 1 {
		return
	}
	if p, ok := args[0].(*commonpb.Payload); ok {
		none := func(id string) string { return cmp.Or(id, "none") }
		d.addDifference(encryptionKey, none(temporalx.PayloadKeyID(p)), none(temporalx.EncryptingKeyID(c.settings.Payload.EncryptionKeys.Reveal())))
	}
}

// compareInput compares the input of sessions setting by setting.
func (d *differ) compareInput(args []any, c connection) {
	wanted := map[string]any{}
	flattenJSON("", c.sessionInput(), wanted)
	has := map[string]any{}
	if len(args) == 1 {
		in, err := c.sessionReader().DecodeParams(args[0])
		if err != nil {
			*d = append(*d, difference{"what sessions do", "can't be read with this PAYLOAD_ENCRYPTION_KEY", "readable"})
			return
		}
		flattenJSON("", in, has)
	}
	names := maps.Clone(has)
	maps.Copy(names, wanted)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !d.tellsZone(name, has[name], wanted[name]) {
			d.addDifference(name, formatSetting(has[name]), formatSetting(wanted[name]))
		}
	}
}

// timeZone is how a difference of the schedule's time zone is called.
const timeZone = "time zone"

// tellsZone reports whether a setting is the time zone for what people read, and differs
// just as the schedule's own, which is the same setting of theirs.
func (d differ) tellsZone(name string, has, wanted any) bool {
	if !strings.HasSuffix(name, ".timezone") {
		return false
	}
	from, _ := has.(string)
	to, _ := wanted.(string)
	return slices.Contains(d, difference{timeZone, zoneName(from), zoneName(to)})
}

// flattenJSON writes a value's JSON as path → value. Durations are in
// nanoseconds, as in the policy.
func flattenJSON(path string, v any, into map[string]any) {
	text, err := json.Marshal(v)
	var object map[string]any
	if err != nil || json.Unmarshal(text, &object) != nil {
		into[path] = string(text)
		return
	}
	for name, inner := range object {
		p := strings.TrimPrefix(path+"."+name, ".")
		if _, nested := inner.(map[string]any); nested {
			flattenJSON(p, inner, into)
			continue
		}
		into[p] = inner
	}
}

// formatSetting formats one setting of a session's input.
func formatSetting(v any) string {
	switch v := v.(type) {
	case nil:
		return "unset"
	case float64:
		if v >= float64(time.Second) && v == float64(int64(v)) {
			return calendar.FormatDuration(time.Duration(v))
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
