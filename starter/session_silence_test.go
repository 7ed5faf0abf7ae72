package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"defendersync/internal/testing/simulator"
)

// lockedBuffer is a buffer that may be read while a command writes to it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// followInBackground runs a command that follows a session; the function that it
// gives interrupts it and returns its exit code.
func (r *rig) followInBackground(args ...string) (said *lockedBuffer, interrupt func() int) {
	ctx, cancel := context.WithCancel(r.t.Context())
	said = &lockedBuffer{}
	ended := make(chan int)
	go func() {
		s := streams{out: &lockedBuffer{}, err: said, environ: r.Env, user: "ann@desk"}
		ended <- run(ctx, s, append([]string{"defendersync"}, args...))
	}()
	return said, func() int { cancel(); return <-ended }
}

func TestAFollowedSessionThatIsSilentSaysWhatItWaitsFor(t *testing.T) {
	r := newRig(t, simulator.Options{})
	said, interrupt := r.followInBackground("run", "--full", "--follow")
	eventually(t, "it says what it waits for", func() bool {
		return strings.Contains(said.String(), "no progress yet: session/"+r.Name) && strings.Contains(said.String(), "has been waiting for a worker since ")
	})
	if code := interrupt(); code != exitInterrupted || !strings.Contains(said.String(), "stopped following session session/"+r.Name) {
		t.Errorf("ended with %d: %s", code, said)
	}
}

func TestAFollowedSessionWhoseWorkerIsGoneSaysSo(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	stop := r.work()
	begun := r.begin("--full")
	stop()
	said, interrupt := r.followInBackground("run", "--follow")
	eventually(t, "it says that no worker reports", func() bool {
		return strings.Contains(said.String(), "nothing was started: "+begun.Session) && strings.Contains(said.String(), "no worker has reported its progress for ")
	})
	if code := interrupt(); code != exitInterrupted {
		t.Errorf("ended with %d: %s", code, said)
	}
	if err := r.temporal.TerminateWorkflow(t.Context(), begun.Session, "", "by hand"); err != nil {
		t.Fatal(err)
	}
}
