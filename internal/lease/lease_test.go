package lease

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

const length = 10 * time.Second

func TestALeaseEndsWithoutAnAcknowledgedSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := Begin(t.Context(), length)
		defer l.End()
		began := time.Now()
		<-ctx.Done()
		if held := time.Since(began); held != length {
			t.Errorf("it was held for %s, not %s", held, length)
		}
		if !errors.Is(context.Cause(ctx), ErrLost) || !errors.Is(l.Check(), ErrLost) || !l.IsLost() {
			t.Errorf("cause %v, check %v, lost %v", context.Cause(ctx), l.Check(), l.IsLost())
		}
		l.Renew(time.Now())
		if l.Check() == nil || l.IsRenewedSince(began) {
			t.Error("a lost lease was had back")
		}
	})
}

func TestALeaseCountsFromWhenTheSignOfLifeWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := Begin(t.Context(), length)
		defer l.End()
		began := time.Now()
		time.Sleep(6 * time.Second)
		sent := time.Now()
		time.Sleep(3 * time.Second) // until the acknowledgement is there
		if l.IsRenewedSince(began) {
			t.Error("it is renewed, it says, before anything was acknowledged")
		}
		l.Renew(sent)
		l.Renew(sent.Add(-5 * time.Second)) // an older one, which comes late
		if !l.IsRenewedSince(sent) || l.IsRenewedSince(sent.Add(1)) {
			t.Error("it does not tell since when it is renewed")
		}
		<-ctx.Done()
		if held := time.Since(began); held != 16*time.Second {
			t.Errorf("it was held for %s, not 16s", held)
		}
	})
}

func TestAnAcknowledgementThatComesTooLateRenewsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := Begin(t.Context(), length)
		defer l.End()
		sent := time.Now()
		l.timer.Stop() // as in a process that was frozen: its timer is yet to go off
		time.Sleep(length)
		l.Renew(sent)
		if ctx.Err() == nil || l.Check() == nil {
			t.Error("the lease of a frozen process goes on")
		}
	})
}

func TestACheckNoticesWhatTheTimerHasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := Begin(t.Context(), length)
		defer l.End()
		l.timer.Stop()
		time.Sleep(length - time.Nanosecond)
		if l.Check() != nil || ctx.Err() != nil {
			t.Fatal("it ended too soon")
		}
		time.Sleep(time.Nanosecond)
		if l.Check() == nil || ctx.Err() == nil {
			t.Error("a lease that is over is held")
		}
	})
}

func TestALeaseThatIsEndedIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := Begin(t.Context(), length)
		l.End()
		if ctx.Err() == nil || l.IsLost() || errors.Is(context.Cause(ctx), ErrLost) {
			t.Errorf("cause %v, lost %v", context.Cause(ctx), l.IsLost())
		}
	})
}

func TestAContextCarriesItsLease(t *testing.T) {
	ctx, l := Begin(t.Context(), time.Hour)
	defer l.End()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if Of(inner) != l {
		t.Error("the lease is not found")
	}
	none := Of(t.Context())
	none.Renew(time.Now())
	none.End()
	if none != nil || none.Check() != nil || none.IsLost() || !none.IsRenewedSince(time.Now()) {
		t.Error("without a lease nothing ends")
	}
}
