package usersync

import (
	"sync"

	"defendersync/internal/contract"
	"defendersync/internal/turn"
)

// maxUnseen is how many assignments are read back in vain before the session
// goes on without.
const maxUnseen = 2

// keeper knows whether the target keeps last activity, once that is found out:
// see sendFirst.
type keeper struct {
	judging turn.Lock // held by whoever judges a visit while nothing is known
	mu      sync.Mutex
	state   contract.Keeping
	unseen  int // assignments that were not seen when they were read back
}

// newKeeper starts from what is known; of several the last one counts.
func newKeeper(known ...contract.Keeping) *keeper {
	k := &keeper{}
	for _, state := range known {
		if state != contract.KeepingUnknown {
			k.state = state
		}
	}
	return k
}

// getKeeping returns what is known.
func (k *keeper) getKeeping() contract.Keeping {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// learnKeeping takes in what reading back an assignment has shown, and returns what is
// known now. When some assignments were not seen the session goes on as if last
// activity were kept, which at worst repeats writes.
func (k *keeper) learnKeeping(state contract.Keeping) contract.Keeping {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state = state; state == contract.KeepingUnknown {
		if k.unseen++; k.unseen >= maxUnseen {
			k.state = contract.KeepingUnseen
		}
	}
	return k.state
}
