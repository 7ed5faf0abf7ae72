package mailing

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/notify"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// rig is a mailer with both simulated tenants and a mail server.
type rig struct {
	Mailer
	t      *testing.T
	sim    *simulator.Simulator
	server *mailtest.Server
	policy saas.Policy

	// beforeDefender sees a request before the tenant does; true: it has
	// answered itself.
	beforeDefender atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newRig(t *testing.T, o mailtest.Options) *rig {
	t.Helper()
	sim := simulator.New(simulator.Options{Seed: 7, Apps: 40, People: 80, Pairs: 600, Synced: true, Clock: instants.Still(instants.Noon)})
	r := &rig{t: t, sim: sim, server: mailtest.StartServer(t, o), policy: saas.Policy{IntegrationUser: sim.Options().TokenUser}}
	d, oo := httptest.NewServer(http.HandlerFunc(r.serveDefender)), httptest.NewServer(sim.Oomnitza())
	t.Cleanup(func() { d.CloseClientConnections(); d.Close(); oo.CloseClientConnections(); oo.Close() })
	from, err := defender.New(defender.Options{URL: d.URL, AllowHost: "127.0.0.1", Token: sim.Options().DefenderToken,
		Limiter: ratelimit.NewLimiter(0, time.Minute), HTTP: d.Client()})
	if err != nil {
		t.Fatal(err)
	}
	to, err := oomnitza.New(oomnitza.Options{URL: oo.URL, Token: sim.Options().OomnitzaToken, HTTP: oo.Client()})
	if err != nil {
		t.Fatal(err)
	}
	channels, err := notify.OpenChannels(r.server.SMTPSettings(), config.Notify{})
	if err != nil {
		t.Fatal(err)
	}
	r.Mailer = Mailer{
		Source: query.Source{Oomnitza: to, Defender: from, Now: sim.Now, Backoff: ratelimit.Backoff{Base: time.Millisecond}},
		Mail:   channels, From: r.server.SMTPSettings().From, FirstPause: time.Millisecond, SessionEvery: time.Millisecond,
		SessionRuns: func(context.Context) (bool, error) { return false, nil },
	}
	return r
}

func (r *rig) serveDefender(w http.ResponseWriter, req *http.Request) {
	if before := r.beforeDefender.Load(); before == nil || !(*before)(w, req) {
		r.sim.Defender().ServeHTTP(w, req)
	}
}

// job is the report of the three most used apps to these subscribers.
func (r *rig) job(subscribers ...string) Job {
	return Job{
		Integration: "contoso", Policy: r.policy, Key: "report/contoso/top run-1", At: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC),
		Report: contract.Report{Name: "top", Question: contract.QuestionApps, Title: "Most used apps", Filters: map[string]string{"top": "3"},
			Columns: []string{"name", "activeUsers"}, Subscribers: subscribers, Schedule: "every 7d"},
	}
}

// send sends a report that nobody has yet.
func (r *rig) send(job Job) (Result, error) {
	r.t.Helper()
	return r.Send(r.t.Context(), job, NewTracker(contract.SendReportProgress{}, func() {}))
}
