package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

func TestOnlyAClearYesIsOne(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, " yes ": true, "n\n": false, "\n": false, "": false, "delete\n": false} {
		var out bytes.Buffer
		got, err := askQuestion(t.Context(), strings.NewReader(answer), &out, "Delete it?")
		if err != nil || got != want || out.String() != "Delete it? [y/N] " {
			t.Errorf("%q: %v, %v, asked %q", answer, got, err, out.String())
		}
	}
}

// silence is an input that nobody writes to.
type silence struct{ over chan struct{} }

func (s silence) Read([]byte) (int, error) {
	<-s.over
	return 0, errors.New("closed")
}

func TestAQuestionIsGivenUpWhenTheCommandIsInterrupted(t *testing.T) {
	s := silence{make(chan struct{})}
	defer close(s.over)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if yes, err := askQuestion(ctx, s, &bytes.Buffer{}, "Delete it?"); yes || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", yes, err)
	}
}

func TestScheduleDeleteAsksAPerson(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("schedule", "delete").ends(exitUsage).says("there is no terminal to ask for confirmation on", "--yes")
	answer := func(text string) ran {
		return runIn(t, t.Context(), streams{in: strings.NewReader(text), environ: r.Env, terminal: terminal{in: true}}, "schedule", "delete")
	}
	answer("n\n").ends(exitFailed).says("holds the watermark", "Delete schedule "+r.Name+"? [y/N]", "nothing was deleted")
	r.shown()
	answer("y\n").ends(exitCompleted).prints("schedule "+r.Name+": deleted", "the first session of a new schedule will be a full one")
	everyCommandNeedsASchedule(t, r)
}

func TestADeletedScheduleTakesTheWatermarkWithIt(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	if first := r.session(exitCompleted); first.Mode != "full" {
		t.Fatalf("the first session is %s", first.Mode)
	}
	if second := r.session(exitCompleted); second.Mode != "incremental" {
		t.Fatalf("the second session is %s", second.Mode)
	}
	r.run("schedule", "delete", "-y").ends(exitCompleted)
	r.run("schedule", "apply").ends(exitCompleted)
	if first := r.session(exitCompleted); first.Mode != "full" {
		t.Errorf("the first session of the new schedule is %s", first.Mode)
	}
}
