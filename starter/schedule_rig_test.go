package main

import (
	"testing"

	"go.temporal.io/sdk/client"
)

// edit changes the schedule by hand, as somebody may in the Web UI.
func (r *rig) edit(change func(*client.Schedule)) {
	r.t.Helper()
	err := r.temporal.ScheduleClient().GetHandle(r.t.Context(), r.Name).Update(r.t.Context(), client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			change(&in.Description.Schedule)
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// shown is the schedule as `schedule show --output json` has it.
func (r *rig) shown() (v scheduleJSON) {
	r.t.Helper()
	r.run("schedule", "show", "--output", "json").ends(exitCompleted).decode(&v)
	return v
}

const (
	keyOne = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	keyTwo = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
)

// differing are what the differences are about.
func differing(v scheduleJSON) []string {
	var out []string
	for _, d := range v.Differences {
		out = append(out, d.What)
	}
	return out
}

// everyCommandNeedsASchedule asserts that the schedule commands say that there is none.
func everyCommandNeedsASchedule(t *testing.T, r *rig) {
	t.Helper()
	for _, args := range [][]string{{"show"}, {"pause"}, {"resume"}, {"delete", "--yes"}} {
		got := r.run(append([]string{"schedule"}, args...)...).ends(exitFailed).says(`there is no schedule "`+r.Name+`" in namespace default`, "schedule apply", "INTEGRATION_NAME")
		if got.out != "" {
			t.Errorf("%q prints %s", args, got.out)
		}
	}
}
