package usersync

import "defendersync/internal/contract"

// findWaiting is what this run waits for: a pause that a tenant asked for, of two
// the longer one, or else a failure that is to pass before the run gives up.
func (r *run) findWaiting() contract.Waiting {
	w := r.source.Waiting()
	if t := r.target.Waiting(); t.Until.After(w.Until) {
		w = t
	}
	if w.IsOn() {
		return w
	}
	if r.cp.Failure == "" {
		return contract.Waiting{}
	}
	w = contract.Waiting{For: r.cp.Failure, Since: r.cp.LastWritten.Round(0).UTC()}
	if limit := r.in.Policy.GiveUp; limit > 0 {
		w.Until = w.Since.Add(limit)
	}
	return w
}
