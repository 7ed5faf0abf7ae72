package usersync

import (
	"maps"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// makeResult is what this attempt and those before it have done.
func (r *run) makeResult() contract.SyncUsageResult {
	return contract.SyncUsageResult{
		Counts: r.cp.Counts, Rejects: r.cp.Rejects, Skips: r.cp.Skips, Retry: r.cp.Retry,
		Dialect: r.makeDialect(), Keeping: r.keeping.getKeeping(), MaxBatch: r.batch.getSize(), Notes: r.notes.List(),
		Recent: r.source.Recent().MarkSettled(), Requests: r.countRequests(), Missed: r.cp.Missed,
		Memory: r.ledgers.tokenOf(r.turn), Beyond: r.tellBeyond(),
	}
}

// maxRowPages bounds the pages of whose rows a checkpoint has hashes: 800 bytes each,
// a third more in JSON.
const maxRowPages = 100

// boundRows leaves out of the marks of lists the hashes of rows beyond the bound.
// Lists without them are read again as a whole by whoever takes over.
func boundRows(open map[int]contract.ListMark, most int) {
	for _, i := range slices.Sorted(maps.Keys(open)) {
		m := open[i]
		if len(m.Rows) <= most {
			most -= len(m.Rows)
			continue
		}
		m.Rows = nil
		open[i] = m
	}
}

// countRequests counts what this attempt and those before it asked of the tenants.
func (r *run) countRequests() saas.Requests {
	return r.earlier.Add(r.countBoth().Sub(r.before))
}

// makeCheckpoint is how far the run is, as a copy that later work does not change.
func (r *run) makeCheckpoint() contract.Checkpoint {
	cp := r.cp
	cp.Done, cp.Open = nil, map[int]contract.ListMark{}
	for i, l := range r.lists {
		if l.isEnded() {
			cp.Done = append(cp.Done, i)
		} else if m, begun := l.reader.CopyMark(); begun {
			cp.Open[i] = m
		}
	}
	boundRows(cp.Open, maxRowPages)
	cp.Retry, cp.Missed, cp.Waiting = slices.Clone(cp.Retry), slices.Clone(cp.Missed), r.findWaiting()
	cp.Dialect, cp.Keeping, cp.MaxBatch, cp.Notes = r.makeDialect(), r.keeping.getKeeping(), r.batch.getSize(), r.notes.List()
	if cp.Recent = r.source.Recent(); r.stopping && r.inFlight[reading]+r.inFlight[doubtingSource] == 0 {
		cp.Recent = cp.Recent.MarkSettled()
	}
	cp.Memory = r.ledgers.tokenOf(r.turn)
	cp.Requests, cp.Beyond = r.countRequests(), r.tellBeyond()
	return cp
}

// addBeyond counts rows that no earlier stream is known to have shown.
func (r *run) addBeyond(rows int) { r.beyond += rows }

// tellBeyond is how many there were; nil where an earlier attempt did not count
// them.
func (r *run) tellBeyond() *int {
	if !r.tellsBeyond {
		return nil
	}
	return new(r.beyond)
}
