package applist

import (
	"testing"

	"defendersync/internal/testing/simulator"
)

func TestAListOfAppsThatEndsTooSoonIsTold(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"after a page":    {Cut: 100, CutOf: "apps"},
		"within a page":   {Cut: 130, CutOf: "apps"},
		"more for ever":   {Cut: 130, CutOf: "apps", HasNext: "again"},
		"refused to skip": {MaxSkip: 100},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, many(l))
			apps, rejects, nameless, _ := found(r.list(wholeWindow))
			there := len(r.rows())
			if len(apps) != max(l.Cut, l.MaxSkip) || !nameless || rejects.Total() != there-len(apps) {
				t.Errorf("%d apps of %d were read, nameless %v, rejects %+v", len(apps), there, nameless, rejects)
			}
		})
	}
}

func TestTheEndOfAListOfAppsIsFoundWhateverHasNextAndTotalSay(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"never more": {HasNext: "never"}, "always more": {HasNext: "always"}, "the same for ever": {HasNext: "again"},
		"overlapping pages": {Overlap: 7}, "a total of 0": {Total: "zero"}, "a total in letters": {Total: "text"}, "no total": {Total: "null"},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, many(l))
			apps, rejects, _, _ := found(r.list(wholeWindow))
			if there := len(r.rows()); len(apps) != there || rejects.Total() > 0 {
				t.Errorf("%d apps of %d were read, rejects %+v", len(apps), there, rejects)
			}
		})
	}
}
