package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
	"defendersync/internal/testing/simulator"
)

// paper takes what a command prints while it runs.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// lines are the whole lines that were printed.
func (p *paper) lines() []string {
	text := p.String()
	return strings.Split(text[:strings.LastIndex(text, "\n")+1], "\n")
}

// standing is a command that lasts until it is stopped.
type standing struct {
	t        *testing.T
	out, err paper
	cancel   context.CancelFunc
	code     chan int
}

// stand starts a command that lasts.
func stand(t *testing.T, environ []string, args ...string) *standing {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &standing{t: t, cancel: cancel, code: make(chan int, 1)}
	go func() {
		s.code <- run(ctx, streams{environ: environ, user: "ann@desk", out: &s.out, err: &s.err}, append([]string{"defendersync"}, args...))
	}()
	t.Cleanup(cancel)
	return s
}

// stops tells the command to stop, and asserts that it ends well.
func (s *standing) stops() {
	s.t.Helper()
	s.cancel()
	if code := <-s.code; code != exitCompleted || s.err.String() != "" {
		s.t.Errorf("it ended with %d: %s", code, s.err.String())
	}
}

// printsLines waits until that many whole lines with a text are printed.
func (s *standing) printsLines(n int, text string) {
	s.t.Helper()
	eventually(s.t, text, func() bool {
		found := 0
		for _, line := range s.out.lines() {
			if strings.Contains(line, text) {
				found++
			}
		}
		return found >= n
	})
}

func TestWatchLooksAgainAndAgainUntilItIsStopped(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	w := stand(t, r.environ(), "watch", "--every", "1s")
	w.printsLines(1, "DEFENDERSYNC OK - no session has completed yet")
	r.session(exitCompleted)
	w.printsLines(2, "DEFENDERSYNC OK - last completed session ended ")
	w.stops()
}

func TestWatchTellsWhileItLooksAgainAndAgainWhatItTellsOnce(t *testing.T) {
	mails, settings := contacted(t)
	r := newRig(t, simulator.Options{}, settings...)
	r.run("schedule", "apply").ends(exitCompleted)
	r.missStart()
	w := stand(t, r.environ(), "watch", "--every", "1s", "--patience", "100ms", "--output", "json")
	w.printsLines(1, `"notified":[{`)
	w.printsLines(3, `"unread":1`)
	w.stops()
	if n := len(mails.ListMails()); n != 1 {
		t.Errorf("%d mails came", n)
	}
	for _, line := range w.out.lines() {
		var v verdict
		if line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if len(v.Notified) > 0 && v.Notified[0].Kind != contract.NoticeMissed {
			t.Errorf("it tells %+v", v.Notified)
		}
	}
}

func TestWatchGoesOnWhereTemporalCannotBeAskedAndSaysSoWhenAskedForItsHealth(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	w := stand(t, []string{"TEMPORAL_ADDRESS=127.0.0.1:1", "HEALTH_ADDRESS=" + address}, "watch", "--every", "1s", "--health")
	w.printsLines(2, "DEFENDERSYNC UNKNOWN - ")
	resp, err := http.Get("http://" + address + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusServiceUnavailable || err != nil || !strings.Contains(string(text), "not ready: the look at ") {
		t.Errorf("it answers %d: %s (%v)", resp.StatusCode, text, err)
	}
	w.stops()
}

func TestWatchIsHealthyWhateverItFinds(t *testing.T) {
	r := newRig(t, simulator.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	w := stand(t, r.environ("HEALTH_ADDRESS="+address), "watch", "--every", "1s", "--health")
	w.printsLines(1, "DEFENDERSYNC WARNING - ")
	resp, err := http.Get("http://" + address + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("it answers %d", resp.StatusCode)
	}
	w.stops()
}

func TestWatchRefusesToRepeatWhatCannotSucceed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, tc := range map[string]struct {
		environ []string
		args    []string
		says    string
	}{
		"too often":              {nil, []string{"--every", "0s"}, "--every 0s is too often"},
		"no duration":            {nil, []string{"--every", "soon"}, "every"},
		"wrong settings":         {[]string{"INTEGRATION_NAME=not a name"}, []string{"--every", "5m"}, "INTEGRATION_NAME"},
		"health of a single one": {nil, []string{"--health"}, "--every"},
		"health nowhere":         {nil, []string{"--every", "5m", "--health"}, "HEALTH_ADDRESS"},
		"health where others are": {
			[]string{"HEALTH_ADDRESS=" + taken.Addr().String()}, []string{"--every", "5m", "--health"}, "HEALTH_ADDRESS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			command(t, tc.environ, nil, append([]string{"watch"}, tc.args...)...).ends(plugUnknown).says(tc.says)
		})
	}
}

func TestALookThatHasBegunIsFinishedWhenTheWatchIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var printed []verdict
	r := repetition{
		commands: commands{streams{}}, every: time.Hour, health: temporalx.NewHealth(""),
		look: func(looking context.Context) verdict {
			cancel()
			select {
			case <-looking.Done():
				t.Error("the look was broken off at once")
			case <-time.After(50 * time.Millisecond):
			}
			return verdict{Code: plugOK}
		},
		print: func(v verdict) error { printed = append(printed, v); return nil },
	}
	if err := r.lookUntilStopped(ctx); err != nil || len(printed) != 1 {
		t.Errorf("it ended with %v after %d looks", err, len(printed))
	}
}
