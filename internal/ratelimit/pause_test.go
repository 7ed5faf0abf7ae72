package ratelimit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
)

// pauser is what a Limiter and a Gate have in common.
type pauser interface {
	Pause(time.Duration)
	Shorten(time.Duration)
	Paused() (since, until time.Time, on bool)
	OnPause(func(since, until time.Time))
}

// pausers are both, each with a way to go through it.
func pausers() map[string]func() (pauser, func(context.Context) error) {
	return map[string]func() (pauser, func(context.Context) error){
		"limiter": func() (pauser, func(context.Context) error) {
			l := NewLimiter(100, time.Minute)
			return l, l.WaitForSlot
		},
		"gate": func() (pauser, func(context.Context) error) {
			g := NewGate(1)
			return g, func(ctx context.Context) error {
				err := g.AcquirePlace(ctx)
				if err == nil {
					g.ReleasePlace(OutcomeNeutral)
				}
				return err
			}
		},
	}
}

func eachPauser(t *testing.T, test func(*testing.T, pauser, func(context.Context) error)) {
	for name, make := range pausers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, pass := make()
				test(t, p, pass)
			})
		})
	}
}

func TestAPauseIsToldWhileItLasts(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, pass func(context.Context) error) {
		if _, _, on := p.Paused(); on {
			t.Error("a pause before any")
		}
		var heard []time.Time
		p.OnPause(func(_, until time.Time) { heard = append(heard, until) })
		began := time.Now()
		p.Pause(time.Minute)
		p.Pause(30 * time.Second) // shorter: no news
		time.Sleep(20 * time.Second)
		p.Pause(time.Minute) // longer: the same pause goes on
		since, until, on := p.Paused()
		if !on || !since.Equal(began) || !until.Equal(began.Add(80*time.Second)) {
			t.Errorf("%v to %v, %v", since.Sub(began), until.Sub(began), on)
		}
		if len(heard) != 2 || !heard[0].Equal(began.Add(time.Minute)) || !heard[1].Equal(until) {
			t.Errorf("heard %v", heard)
		}
		if err := pass(t.Context()); err != nil || time.Since(began) != 80*time.Second {
			t.Errorf("passed after %v: %v", time.Since(began), err)
		}
		if _, _, on := p.Paused(); on {
			t.Error("the pause is over")
		}
	})
}

func TestNoPauseIsLongerThanTheLongest(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, pass func(context.Context) error) {
		began := time.Now()
		p.Pause(1 << 62)
		if err := pass(t.Context()); err != nil || time.Since(began) != LongestPause {
			t.Errorf("passed after %v: %v", time.Since(began), err)
		}
	})
}

func TestAPauseCanBeShortened(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, pass func(context.Context) error) {
		began := time.Now()
		p.Pause(time.Hour)
		done := make(chan error, 1)
		go func() { done <- pass(t.Context()) }()
		synctest.Wait()
		p.Shorten(2 * time.Hour) // no news
		p.Shorten(time.Minute)
		if err := <-done; err != nil || time.Since(began) != time.Minute {
			t.Errorf("passed after %v: %v", time.Since(began), err)
		}
		p.Pause(time.Hour)
		go func() { done <- pass(t.Context()) }()
		synctest.Wait()
		p.Shorten(0)
		if err := <-done; err != nil || time.Since(began) > 2*time.Minute {
			t.Errorf("passed after %v: %v", time.Since(began), err)
		}
	})
}

func TestWhoeverGivesUpAPauseIsFreeAtOnce(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, pass func(context.Context) error) {
		p.Pause(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		began := time.Now()
		go func() { done <- pass(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestAnOperatorIsToldOfAPause(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, _ func(context.Context) error) {
		if w := WaitingFor("Defender", p); w.IsOn() {
			t.Errorf("%v before any pause", w)
		}
		var told []contract.Waiting
		Announce("Defender", p, func(w contract.Waiting) { told = append(told, w) })
		began := time.Now().UTC()
		p.Pause(time.Minute)
		want := contract.Waiting{For: "Defender's rate limit (HTTP 429)", Since: began, Until: began.Add(time.Minute)}
		if w := WaitingFor("Defender", p); w != want || len(told) != 1 || told[0] != want {
			t.Errorf("%v, and told %v, want %v", w, told, want)
		}
	})
}

func TestAPauseOfNoLengthIsNone(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, pass func(context.Context) error) {
		p.OnPause(func(_, _ time.Time) { t.Error("a pause was told") })
		p.Pause(0)
		p.Pause(-time.Second)
		began := time.Now()
		if err := pass(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("passed after %v: %v", time.Since(began), err)
		}
		p.Shorten(-time.Second) // there is none
		if _, _, on := p.Paused(); on {
			t.Error("a pause is on")
		}
	})
}

func TestAPauseThatFollowsAnotherIsOneOfItsOwn(t *testing.T) {
	eachPauser(t, func(t *testing.T, p pauser, _ func(context.Context) error) {
		p.Pause(time.Minute)
		time.Sleep(time.Minute)
		if _, _, on := p.Paused(); on {
			t.Error("a pause is on at the instant of its end")
		}
		began := time.Now()
		p.Pause(time.Second)
		if since, until, on := p.Paused(); !on || !since.Equal(began) || !until.Equal(began.Add(time.Second)) {
			t.Errorf("%v to %v, %v", since.Sub(began), until.Sub(began), on)
		}
	})
}

func TestAPauseTakesTheTokensThatWereSavedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(30, time.Minute)
		time.Sleep(time.Minute)
		l.Pause(30 * time.Second)
		l.Pause(40 * time.Second)
		if s := l.Stats(); s.Pauses != 2 || s.Paused != 40*time.Second {
			t.Errorf("%+v, want two pauses of 40 s together", s)
		}
		l.Shorten(10 * time.Second)
		began := time.Now()
		for i, want := range []time.Duration{10 * time.Second, 10*time.Second + l.hold/30} {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != want {
				t.Errorf("slot %d was free after %v, want %v", i, got, want)
			}
		}
	})
}

func TestAWaitInWords(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for want, w := range map[string]contract.Waiting{
		"":  {Since: at},
		"x": {For: "x"},
		"x, since 2026-11-23 12:00:00 UTC, until 2026-11-23 13:00:00 UTC at the latest": {For: "x", Since: at, Until: at.Add(time.Hour)},
	} {
		if got := w.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
