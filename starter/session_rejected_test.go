package main

import (
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/saas"
)

func TestWhatAnActivityLeavesBehindIsReadWhateverItIs(t *testing.T) {
	c := connection{converter: converter.GetDefaultDataConverter()}
	var two saas.Tally
	two.Add(saas.Reject{Reason: "user row unreadable", App: "1"}, 10)
	two.Add(saas.Reject{Reason: "user row unreadable", App: "2"}, 10)
	for name, tc := range map[string]struct {
		left any
		want int
		bad  bool
	}{
		"a result":                  {map[string]any{"rejects": two}, 2, false},
		"a plan with a first page":  {map[string]any{"first": map[string]any{"rejects": two}}, 2, false},
		"a heartbeat that is words": {"checking both tenants", 0, false},
		"something else":            {[]int{1}, 0, true},
	} {
		payloads, err := c.converter.ToPayloads(tc.left)
		if err != nil {
			t.Fatal(err)
		}
		r := &rejected{names: map[string]string{}}
		if err := c.add(payloads, r); (err != nil) != tc.bad || r.Total() != tc.want {
			t.Errorf("%s: %d rows, %v", name, r.Total(), err)
		}
	}
	if err := c.add(&commonpb.Payloads{}, &rejected{}); err != nil {
		t.Errorf("nothing: %v", err)
	}
}
