package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
)

func TestUsageTellsOwnAndEarlierRequestsOfTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(10, time.Minute)
		l.Restore(contract.RecentRequests{Holders: []contract.BudgetHolder{{ID: "earlier", At: time.Now(), Counts: []int{3}, Step: time.Second, Stopped: true}}})
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		flying, err := l.AcquireSlot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := l.CurrentUsage(), (Usage{Limit: 10, Window: time.Minute, Own: 2, Earlier: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		flying.ReturnSlot()
		time.Sleep(2 * time.Minute)
		if got, want := l.CurrentUsage(), (Usage{Limit: 10, Window: time.Minute}); got != want {
			t.Errorf("two minutes later: %+v, want %+v", got, want)
		}
		if got := NewLimiter(0, time.Minute).CurrentUsage(); got != (Usage{}) {
			t.Errorf("without a budget: %+v", got)
		}
	})
}
