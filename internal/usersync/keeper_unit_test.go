package usersync

import (
	"testing"

	"defendersync/internal/contract"
)

func TestWhatWasFoundOutLastAboutLastActivityCounts(t *testing.T) {
	for name, tc := range map[string]struct {
		known []contract.Keeping
		want  contract.Keeping
	}{
		"nothing":            {nil, contract.KeepingUnknown},
		"once":               {[]contract.Keeping{contract.KeepingKept}, contract.KeepingKept},
		"twice":              {[]contract.Keeping{contract.KeepingKept, contract.KeepingIgnored}, contract.KeepingIgnored},
		"first, and no more": {[]contract.Keeping{contract.KeepingKept, contract.KeepingUnknown}, contract.KeepingKept},
		"at last":            {[]contract.Keeping{contract.KeepingUnknown, contract.KeepingRefused}, contract.KeepingRefused},
	} {
		if got := newKeeper(tc.known...).getKeeping(); got != tc.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAssignmentsThatAreNotSeenAreReadBackAFewTimes(t *testing.T) {
	k := newKeeper()
	for i, want := range []contract.Keeping{contract.KeepingUnknown, contract.KeepingUnseen} {
		if got := k.learnKeeping(contract.KeepingUnknown); got != want || k.getKeeping() != want {
			t.Errorf("after %d it is %q", i+1, got)
		}
	}
	if got := k.learnKeeping(contract.KeepingKept); got != contract.KeepingKept {
		t.Errorf("one that is seen makes it %q", got)
	}
}
