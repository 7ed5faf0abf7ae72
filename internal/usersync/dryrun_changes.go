package usersync

import (
	"cmp"
	"slices"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
)

// noteChanges has a dry run's list take in whom it would have assigned.
func (w *writer) noteChanges(news []visit) {
	dry, ok := w.target.(*dryTarget)
	if !ok || dry.changes == nil {
		return
	}
	seats := make([]changelist.Assignment, 0, len(news))
	for _, v := range news {
		seat := changelist.Assignment{
			Username: cmp.Or(dry.memory.otherName(v.id), v.person.Username), Email: v.person.Email, PersonID: v.id,
			New: v.counted == asAdded, After: v.lastActivity,
		}
		if v.before != 0 && !seat.New {
			seat.Before = time.Unix(v.before, 0).UTC()
		}
		seats = append(seats, seat)
	}
	dry.changes.NoteAssignments(w.record, seats)
}

// knowTotals puts the numbers of active users that the dry run would have written into
// references to apps, since the tenant still has those from before.
func (t *dryTarget) knowTotals(refs []contract.AppRef) []contract.AppRef {
	refs = slices.Clone(refs)
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	for i, ref := range refs {
		total, known := t.memory.totals[ref.SaaS]
		if !known {
			total = dryTotal{ref.ActiveUsers, ref.ActiveUsers}
			t.memory.totals[ref.SaaS] = total
		}
		refs[i].ActiveUsers = total.now
	}
	return refs
}
