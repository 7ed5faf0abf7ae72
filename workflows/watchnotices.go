package workflows

import (
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// deliver starts every delivery that is due, each on its own, so that one that
// fails or takes long holds up no other.
func (w *watchRun) deliver(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for i := range w.state.Pending {
		u := &w.state.Pending[i]
		n, known := watch.FindNotice(w.state, u.Key)
		if u.Flying || u.Next.After(now) || !known {
			continue
		}
		u.Flying = true
		w.flying++
		w.dirty = true
		attempt := *u
		workflow.Go(ctx, func(ctx workflow.Context) {
			var got contract.DeliverNoticeResult
			err := workflow.ExecuteActivity(delivering(ctx, attempt.Channel), contract.ActivityDeliverNotice, contract.DeliverNoticeParams{
				Channel: attempt.Channel, To: attempt.To, Notice: n,
			}).Get(ctx, &got)
			w.flying--
			w.dirty = true
			watch.SettleDelivery(w.state, attempt, err, workflow.Now(ctx))
		})
	}
}
