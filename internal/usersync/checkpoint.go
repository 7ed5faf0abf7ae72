package usersync

import (
	"maps"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// mark is how far one app's list of users is written.
type mark struct{ contract.ListMark }

// newMark is an app of which nothing is written.
func newMark() mark { return mark{contract.ListMark{End: -1}} }

// wrote records a written page and moves Low over all that is now contiguous.
func (m *mark) wrote(skip, next int) {
	if m.Ahead == nil {
		m.Ahead = map[int]int{}
	}
	m.Ahead[skip] = next
	for {
		n, ok := m.Ahead[m.Written]
		if !ok {
			return
		}
		delete(m.Ahead, m.Written)
		if n <= m.Written {
			return
		}
		m.Written = n
	}
}

// complete reports whether every page is written.
func (m *mark) complete() bool { return m.End >= 0 && m.Written >= m.End }

// result is what the run has done so far.
func (r *usageRun) result() contract.SyncUsageResult {
	return contract.SyncUsageResult{
		Counts: r.cp.Counts, Rejects: r.cp.Rejects, Skips: r.cp.Skips, Retry: r.cp.Retry,
		Dialect: r.cp.Dialect, Keeping: r.keeping.value(), MaxBatch: r.batch.value(), Notes: r.notes.List(), Recent: r.source.Recent().MarkSettled(), Requests: r.spent(),
	}
}

// spent is what this and earlier attempts asked of the tenants.
func (r *usageRun) spent() saas.Requests {
	return r.earlier.Add(r.requests().Sub(r.before))
}

// snapshot brings the checkpoint up to date, as a copy that later work does
// not change.
func (r *usageRun) snapshot() contract.Checkpoint {
	cp := r.cp
	cp.Done, cp.Open = nil, map[int]contract.ListMark{}
	for i, app := range r.apps {
		switch {
		case app.finished:
			cp.Done = append(cp.Done, i)
		case app.mark.Written > 0 || len(app.mark.Ahead) > 0:
			m := app.mark.ListMark
			m.Moved = app.drift || app.healing
			m.Ahead, m.Lost, m.Total = maps.Clone(m.Ahead), slices.Clone(m.Lost), max(app.told.Total, 0)
			cp.Open[i] = m
		}
	}
	cp.Retry, cp.Waiting = slices.Clone(cp.Retry), r.waiting()
	cp.Keeping, cp.MaxBatch, cp.Notes = r.keeping.value(), r.batch.value(), r.notes.List()
	cp.Recent = r.source.Recent()
	if r.halted && r.fetching == 0 {
		cp.Recent = cp.Recent.MarkSettled()
	}
	cp.Requests = r.spent()
	return cp
}
