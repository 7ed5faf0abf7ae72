package usersync

import (
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// result is what this attempt and those before it have done.
func (r *run) result() contract.SyncUsageResult {
	return contract.SyncUsageResult{
		Counts: r.cp.Counts, Rejects: r.cp.Rejects, Skips: r.cp.Skips, Retry: r.cp.Retry,
		Dialect: r.dialect(), Keeping: r.keeping.get(), MaxBatch: r.batch.get(), Notes: r.notes.List(),
		Recent: r.source.Recent().MarkSettled(), Requests: r.countRequests(),
	}
}

// countRequests counts what this attempt and those before it asked of the tenants.
func (r *run) countRequests() saas.Requests {
	return r.earlier.Add(r.requests().Sub(r.before))
}

// checkpoint is how far the run is, as a copy that later work does not change.
func (r *run) checkpoint() contract.Checkpoint {
	cp := r.cp
	cp.Done, cp.Open = nil, map[int]contract.ListMark{}
	for i, l := range r.lists {
		if l.isEnded() {
			cp.Done = append(cp.Done, i)
		} else if m, begun := l.reader.Mark(); begun {
			cp.Open[i] = m
		}
	}
	cp.Retry, cp.Waiting = slices.Clone(cp.Retry), r.waiting()
	cp.Dialect, cp.Keeping, cp.MaxBatch, cp.Notes = r.dialect(), r.keeping.get(), r.batch.get(), r.notes.List()
	if cp.Recent = r.source.Recent(); r.stopping && r.inFlight[reading]+r.inFlight[doubtingSource] == 0 {
		cp.Recent = cp.Recent.MarkSettled()
	}
	cp.Requests = r.countRequests()
	return cp
}
