package workflows

import (
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// startDeliveries starts every delivery that is due, each on its own, so that
// one that fails or takes long delays no other.
func (w *watchRun) startDeliveries(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for i := range w.state.Pending {
		d := &w.state.Pending[i]
		n, known := watch.FindNotice(w.state, d.Key)
		if d.UnderWay || d.Next.After(now) || !known {
			continue
		}
		d.UnderWay = true
		w.delivering++
		w.published.stale = true
		attempt := *d
		workflow.Go(ctx, func(ctx workflow.Context) { w.deliverNotice(ctx, attempt, n) })
	}
}

// deliverNotice makes one attempt at a delivery. One that fails is due again
// later, until it is too old.
func (w *watchRun) deliverNotice(ctx workflow.Context, d contract.Delivery, n contract.Notice) {
	var out contract.DeliverNoticeResult
	err := workflow.ExecuteActivity(withDeliverNoticeOptions(ctx, d.Channel), contract.ActivityDeliverNotice, contract.DeliverNoticeParams{
		Channel: d.Channel, To: d.To, Notice: n, Outdated: watch.ListOutdated(w.state.Notices, n),
	}).Get(ctx, &out)
	w.delivering--
	w.published.stale = true
	watch.SettleDelivery(w.state, d, err, workflow.Now(ctx))
}
