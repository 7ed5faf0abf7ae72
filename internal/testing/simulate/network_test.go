package simulate

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// TestTheConductorDecidesTheOrder has goroutines ask in every order: they go on
// in the same one.
func TestTheConductorDecidesTheOrder(t *testing.T) {
	for _, asked := range [][]uint64{{1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}} {
		synctest.Test(t, func(t *testing.T) {
			c := newConductor()
			go c.conductUntilStopped()
			var mu sync.Mutex
			var went []uint64
			var all sync.WaitGroup
			for _, key := range asked {
				all.Go(func() {
					c.takeTurn(t.Context(), key)
					mu.Lock()
					defer mu.Unlock()
					went = append(went, key)
				})
			}
			c.doAfter(time.Second, func() { went = append(went, 10) })
			c.doAfter(time.Millisecond, func() { went = append(went, 9) })
			all.Wait()
			time.Sleep(2 * time.Second)
			c.stop()
			if !slices.Equal(went, []uint64{1, 2, 3, 4, 9, 10}) {
				t.Errorf("asked %v, went %v", asked, went)
			}
		})
	}
}

// visitTenant sends one request through a network in which a fault strikes
// every time, and tells what the client and the tenant saw.
func visitTenant(t *testing.T, name string) (body []byte, status, visits int, took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		tenant := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			visits++
			_, _ = io.WriteString(w, `{"answer": "as it should be, and long enough"}`)
		})
		w := calm(1)
		if name != "" {
			w.Faults, w.Patience = map[string]float64{name: 1}, 0
		}
		n := newNetwork(w, map[string]http.Handler{oomnitzaHost: tenant}, newTrace(nil), &Stats{})
		go n.conductUntilStopped()
		defer n.stop()
		client := &http.Client{Transport: line{n, &worker{}}, Timeout: 5 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		began := time.Now()
		resp, e := client.Get("https://" + oomnitzaHost + "/api/v3/users")
		if err = e; err == nil {
			status = resp.StatusCode
			body, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		took = time.Since(began)
		time.Sleep(time.Hour)
	})
	return body, status, visits, took, err
}

func TestAFaultDoesWhatItsNameSays(t *testing.T) {
	good := []byte(`{"answer": "as it should be, and long enough"}`)
	for _, f := range allFaults {
		t.Run(f.name, func(t *testing.T) {
			body, status, visits, took, err := visitTenant(t, f.name)
			if visits != f.lands {
				t.Errorf("the tenant saw the request %d times, not %d", visits, f.lands)
			}
			fine := err == nil && status == 200 && bytes.Equal(bytes.TrimPrefix(body, []byte("\ufeff")), good)
			if f.name == faultStale {
				return // nothing was answered before
			}
			if late := f.name == "answer after the time limit"; fine != f.shown && !late && f.name != "landed twice" {
				t.Errorf("the client sees %d %q %v", status, body, err)
			}
			if (f.unsent || f.broken != nil) && !errors.Is(err, f.broken) {
				t.Errorf("the client sees %v", err)
			}
			if f.silent && took != 5*time.Minute {
				t.Errorf("it took %s to give up", took)
			}
		})
	}
	if body, status, visits, _, err := visitTenant(t, ""); err != nil || status != 200 || visits != 1 || !bytes.Equal(body, good) {
		t.Errorf("without a fault: %d %q %v, %d visits", status, body, err, visits)
	}
}

func TestWhatATenantWritesToTheConnectionIsReadAsHTTP(t *testing.T) {
	answerRaw := func(text string) answer {
		req, _ := http.NewRequest(http.MethodGet, "https://"+oomnitzaHost, nil)
		return serveRequest(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, text)
			_ = conn.Close()
		}), req)
	}
	if a := answerRaw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"); a.status != 200 || string(a.body) != "abc" || a.ends != nil {
		t.Errorf("%+v", a)
	}
	if a := answerRaw("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc"); !errors.Is(a.ends, io.ErrUnexpectedEOF) {
		t.Errorf("%+v", a)
	}
	if a := answerRaw("no HTTP at all\r\n\r\n"); a.err == nil {
		t.Errorf("%+v", a)
	}
	req, _ := http.NewRequest(http.MethodGet, "https://"+oomnitzaHost, nil)
	if a := serveRequest(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), req); a.err != errDropped {
		t.Errorf("%+v", a)
	}
}

func TestTemporalTriesAgainByThePolicy(t *testing.T) {
	policy := &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second, MaximumAttempts: 10}
	asked := temporal.NewApplicationErrorWithOptions("", "", temporal.ApplicationErrorOptions{NextRetryDelay: 100 * time.Millisecond})
	for name, tc := range map[string]struct {
		tried int
		err   error
		limit time.Duration
		wait  time.Duration
		again bool
	}{
		"soon at first":                        {1, errDropped, 0, time.Second, true},
		"then longer":                          {3, errDropped, 0, 4 * time.Second, true},
		"up to the longest":                    {9, errDropped, 0, 5 * time.Second, true},
		"not after the last attempt":           {10, errDropped, 0, 0, false},
		"as soon as the activity asks for":     {3, asked, 0, 100 * time.Millisecond, true},
		"not beyond the time that it may take": {3, errDropped, 3 * time.Second, 4 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := workflow.ActivityOptions{RetryPolicy: policy, ScheduleToCloseTimeout: tc.limit}
			if wait, again := nextTry(o, tc.tried, tc.err, time.Now()); wait != tc.wait || again != tc.again {
				t.Errorf("%s, %v", wait, again)
			}
		})
	}
}

func TestAWindowCountsTheRequestsOfASlidingMinute(t *testing.T) {
	var w window
	at := time.Unix(0, 0)
	for _, second := range []int{0, 10, 20, 60, 70, 71} {
		w.addRequest(at.Add(time.Duration(second) * time.Second))
	}
	if w.most != 4 {
		t.Errorf("the most within a minute are %d", w.most)
	}
}
