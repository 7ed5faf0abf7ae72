package usersync

import (
	"errors"

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

// send assigns claimed visits and releases them. What was written before an
// error stays known.
func (r *usageRun) send(t *pageTask, l *ledger, news []visit) (refused []refusal, err error) {
	if len(news) == 0 {
		return nil, nil
	}
	sent, refused, err := r.learn(t, l, news)
	for sent < len(news) && err == nil {
		n := min(len(news)-sent, r.batch.limit())
		var no []refusal
		if no, err = r.sendBatch(t, l, news[sent:sent+n]); err == nil {
			refused, sent = append(refused, no...), sent+n
		}
	}
	for i := range refused {
		refused[i].added = !l.has(refused[i].visit.id)
	}
	l.settle(news, refused, sent)
	r.people.wrote(t.app.ref.SaaS, news[:sent], refused)
	return refused, err
}

// batchRun is one batch of assignments on its way.
type batchRun struct {
	r       *usageRun
	t       *pageTask
	refused []refusal
	excused bool // the tenant is not to blame for what it refuses of this batch
	taken   int
}

// sendBatch assigns some people at once. Where that is refused as a whole, the
// batch is halved until what is refused stands alone.
func (r *usageRun) sendBatch(t *pageTask, l *ledger, visits []visit) ([]refusal, error) {
	b := &batchRun{r: r, t: t}
	if l.isShut() {
		return b.sendToShut(visits)
	}
	alone, most, err := culprit.Halve(visits, b.sendUnlessForbidden(len(visits)), b.blames)
	if errors.Is(err, errForbidden) {
		l.shut(err.Error())
		b.refused = nil
		return b.sendToShut(visits)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range alone {
		b.refuse(one.Item, one.Err)
	}
	switch {
	case len(alone) == 0 && most < len(visits):
		r.batch.shrink(most)
	case len(alone) == len(visits) && len(visits) >= shutAfter:
		l.shut(message(alone[0].Err))
	}
	return b.refused, nil
}

// sendToShut sends a batch to a record that took nobody of another batch, and
// does not ask who of it is to blame.
func (b *batchRun) sendToShut(visits []visit) ([]refusal, error) {
	err := b.sendOnceMore(visits)
	if err != nil && !b.blames(err) {
		return nil, err
	}
	if err != nil {
		for _, v := range visits {
			b.refuse(v, err)
		}
	}
	return b.refused, nil
}

// refuse notes that a person is refused. A 403 is not about who they are, so
// their id is good.
func (b *batchRun) refuse(v visit, err error) {
	if httpx.KindOf(err) == httpx.KindUnauthorized {
		v.remembered = false
	}
	b.refused = append(b.refused, refusal{visit: v, why: message(err)})
}

// errForbidden is of a record to which nobody may be assigned.
var errForbidden = errors.New("nobody may be assigned to this record")

// sendUnlessForbidden sends as send does, but ends the halving of a batch of so
// many where the record takes nobody.
func (b *batchRun) sendUnlessForbidden(all int) func([]visit) error {
	return func(visits []visit) error {
		send := b.send
		if len(visits) == 1 {
			send = b.sendOnceMore // it is not sent again in parts
		}
		err := send(visits)
		if httpx.KindOf(err) == httpx.KindUnauthorized && len(visits) == all && all >= shutAfter && b.blames(err) && b.forbids(visits) {
			return errForbidden
		}
		return err
	}
}

// sendOnceMore sends as send does. What is not answered is sent once more when
// the tenant is proven to work: an outage may have ended just then.
func (b *batchRun) sendOnceMore(visits []visit) error {
	err := b.send(visits)
	if err == nil || !httpx.KindOf(err).Retryable() || !b.blames(err) {
		return err
	}
	return b.send(visits)
}

// forbids reports whether a record takes nobody, by its first, middle and last
// person: a denial is seldom about one of them, and dear to ask about.
func (b *batchRun) forbids(visits []visit) bool {
	for _, i := range []int{0, len(visits) / 2, len(visits) - 1} {
		if httpx.KindOf(b.send(visits[i:i+1])) != httpx.KindUnauthorized {
			return false
		}
	}
	return true
}

// send assigns some of the batch and keeps the rows that are refused inside a
// good answer. One that speaks of nobody is the refusal of all.
func (b *batchRun) send(visits []visit) error {
	bad, err := b.r.assignTold(b.t, visits, b.r.keeping.value())
	if err != nil {
		return err
	}
	for _, row := range bad {
		if row.UserID == "" {
			return &httpx.Error{Peer: "Oomnitza", Op: "assign users to an app", Kind: httpx.KindRefused, Status: 200, Message: row.Message}
		}
	}
	b.taken += len(visits) - len(bad)
	b.refused = append(b.refused, matchRows(visits, bad)...)
	return nil
}

// blames reports whether a failure is the fault of what was sent, and not of
// the tenant. What is not answered is believed to be a row's fault only when
// the page has failed some times, and a write works that is known to work.
func (b *batchRun) blames(err error) bool {
	ctx := b.r.ctx
	if ctx.Err() != nil {
		return false
	}
	switch httpx.KindOf(err) {
	case httpx.KindServer, httpx.KindNetwork, httpx.KindBadAnswer:
		return b.t.fails >= halveAfter && b.r.target.Blame(ctx, err) == nil
	case httpx.KindNotFound:
		if !b.excused && b.t.fails >= halveAfter {
			gone := b.r.target.CheckRecord(ctx, b.t.app.ref.SaaS)
			b.excused = gone == nil
		}
		return b.excused
	case httpx.KindRefused, httpx.KindConflict, httpx.KindUnauthorized:
		b.excused = b.excused || b.taken > 0 || b.r.target.Blame(ctx, err) == nil
		return b.excused
	}
	return false
}

// matchRows finds the visits that row errors speak of.
func matchRows(visits []visit, bad []saas.RowError) []refusal {
	var out []refusal
	for _, b := range bad {
		for _, v := range visits {
			if b.UserID == v.id {
				out = append(out, refusal{visit: v, why: b.Message})
			}
		}
	}
	return out
}
