package usersync

import (
	"errors"

	"defendersync/internal/contract"
	"defendersync/internal/culprit"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

const (
	// shutAfter is from how many people on a record is known to take nobody
	// when every one of them is refused.
	shutAfter = 5
	// halveAfter is how often a page fails before a batch that is not answered
	// is taken apart.
	halveAfter = 2
)

// sendNews assigns claimed visits and releases them. What was written before an
// error stays known.
func (w *writer) sendNews(news []visit) (refused []refusedVisit, err error) {
	if len(news) == 0 {
		return nil, nil
	}
	sent, refused, err := w.sendFirst(news)
	for sent < len(news) && err == nil {
		n := min(len(news)-sent, w.batch.getLimit())
		var no []refusedVisit
		if no, err = w.sendBatch(news[sent : sent+n]); err == nil {
			refused, sent = append(refused, no...), sent+n
		}
	}
	w.ledger.releaseVisits(news, refused, sent)
	w.people.noteSent(w.record, news, refused, sent)
	return refused, err
}

// batch is one batch of assignments on its way.
type batch struct {
	*writer
	refused []refusedVisit
	excused bool  // the target is not to blame for what it refuses of this batch
	outage  error // the latest failure that was found to be the target\'s own
}

// sendBatch assigns some people at once. Where that is refused as a whole, the
// batch is halved until what is refused stands alone.
func (w *writer) sendBatch(visits []visit) ([]refusedVisit, error) {
	b := &batch{writer: w}
	if w.ledger.isShut() {
		return b.sendToShut(visits)
	}
	alone, most, err := culprit.Halve(visits, b.sendUnlessForbidden(len(visits)), b.blamesVisits)
	if errors.Is(err, errForbidden) {
		w.ledger.shutRecord(err.Error())
		b.refused = nil
		return b.sendToShut(visits)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range alone {
		b.refuseVisit(one.Item, one.Err)
	}
	switch {
	case len(alone) == 0 && most < len(visits):
		w.batch.shrinkTo(most)
	case len(alone) == len(visits) && len(visits) >= shutAfter:
		w.ledger.shutRecord(shortenError(alone[0].Err))
	}
	return b.refused, nil
}

// sendToShut sends a batch to a record that took nobody of another batch, and
// does not ask who of it is to blame.
func (b *batch) sendToShut(visits []visit) ([]refusedVisit, error) {
	err := b.sendOnceMore(visits)
	if err != nil && !b.blamesVisits(err) {
		return nil, err
	}
	if err != nil {
		for _, v := range visits {
			b.refuseVisit(v, err)
		}
	}
	return b.refused, nil
}

// refuseVisit notes that a person is refused. A 403 is not about who they are, so
// their id is good.
func (b *batch) refuseVisit(v visit, err error) {
	if httpx.KindOf(err) == httpx.KindUnauthorized {
		v.remembered = false
	}
	b.refused = append(b.refused, refusedVisit{v, shortenError(err)})
}

// errForbidden is of a record to which nobody may be assigned.
var errForbidden = errors.New("nobody may be assigned to this record")

// sendUnlessForbidden sends as sendSome does, but ends the halving of a batch of
// so many where the record takes nobody.
func (b *batch) sendUnlessForbidden(all int) func([]visit) error {
	return func(visits []visit) error {
		send := b.sendSome
		if len(visits) == 1 {
			send = b.sendOnceMore // it is not sent again in parts
		}
		err := send(visits)
		if httpx.KindOf(err) == httpx.KindUnauthorized && len(visits) == all && all >= shutAfter && b.blamesVisits(err) && b.isForbidden(visits) {
			return errForbidden
		}
		return err
	}
}

// sendOnceMore sends as sendSome does. What is not answered is sent once more
// when the target is proven to work: an outage may have ended just then.
func (b *batch) sendOnceMore(visits []visit) error {
	err := b.sendSome(visits)
	if !httpx.KindOf(err).Retryable() {
		return err
	}
	if !b.blamesVisits(err) {
		b.outage = err
		return err
	}
	return b.sendSome(visits)
}

// isForbidden reports whether a record takes nobody, by its first, middle and
// last person: a denial is seldom about one of them, and dear to ask about.
func (b *batch) isForbidden(visits []visit) bool {
	for _, i := range []int{0, len(visits) / 2, len(visits) - 1} {
		if httpx.KindOf(b.sendSome(visits[i:i+1])) != httpx.KindUnauthorized {
			return false
		}
	}
	return true
}

// sendSome assigns some of the batch and keeps the rows that are refused inside
// a good answer. One that speaks of nobody is the refusal of all.
func (b *batch) sendSome(visits []visit) error {
	bad, err := b.assignConfirmed(visits, b.keeping.getKeeping())
	if err != nil {
		return err
	}
	for _, row := range bad {
		if row.UserID == "" {
			return &httpx.Error{Peer: "Oomnitza", Op: "assign users to an app", Kind: httpx.KindRefused, Status: 200, Message: row.Message}
		}
	}
	b.refused = append(b.refused, matchRows(visits, bad)...)
	return nil
}

// blamesVisits reports whether a failure is the fault of what was sent, and not of
// the target. What is not answered is taken to be a row's fault only when the
// page has failed some times, and a write succeeds that is known to be good.
func (b *batch) blamesVisits(err error) bool {
	if b.ctx.Err() != nil || err == b.outage {
		return false // not asked again: the outage may be over by now
	}
	switch httpx.KindOf(err) {
	case httpx.KindServer, httpx.KindNetwork, httpx.KindBadAnswer:
		return b.page.fails >= halveAfter && b.target.Blame(b.ctx, err) == nil
	case httpx.KindNotFound:
		if !b.excused && b.page.fails >= halveAfter {
			b.excused = b.target.CheckRecord(b.ctx, b.record) == nil
		}
		return b.excused
	case httpx.KindRefused, httpx.KindConflict, httpx.KindUnauthorized:
		b.excused = b.excused || b.target.Blame(b.ctx, err) == nil
		return b.excused
	}
	return false
}

// matchRows finds the visits that row errors speak of.
func matchRows(visits []visit, bad []saas.RowError) []refusedVisit {
	var out []refusedVisit
	for _, b := range bad {
		for _, v := range visits {
			if b.UserID == v.id {
				out = append(out, refusedVisit{v, b.Message})
			}
		}
	}
	return out
}

// makeAssignments turns visits into what is sent, without the last activity where
// the target refuses that.
func makeAssignments(visits []visit, keeping contract.Keeping) []saas.Assignment {
	out := make([]saas.Assignment, len(visits))
	for i, v := range visits {
		out[i] = saas.Assignment{UserID: v.id}
		if keeping != contract.KeepingRefused {
			out[i].LastActivity = v.lastActivity
		}
	}
	return out
}
