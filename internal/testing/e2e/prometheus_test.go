package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/monitoring"
	"defendersync/internal/testing/simulator"
)

// prometheus is a real Prometheus that scrapes workers and evaluates our rules.
type prometheus struct {
	b       *bench
	address string
	cmd     *exec.Cmd
	log     *strings.Builder
	done    chan struct{}
}

// startPrometheus starts one on a free port, with its data in a folder of the test's.
func (b *bench) startPrometheus(workers ...measured) *prometheus {
	b.t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		b.t.Skip("prometheus is not installed")
	}
	dir := b.t.TempDir()
	rules, err := monitoring.FindFile("deployments/prometheus/alerts.yaml")
	if err != nil {
		b.t.Fatal(err)
	}
	var targets []string
	for _, w := range workers {
		targets = append(targets, w.address)
	}
	list, _ := json.Marshal(targets) // JSON is YAML
	file := filepath.Join(dir, "prometheus.yaml")
	text := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs:\n- job_name: defendersync\n  static_configs:\n  - targets: %s\n", rules, list)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	for range 5 { // somebody else may take the port
		if p := b.tryPrometheus(program, file, filepath.Join(dir, "data")); p != nil {
			return p
		}
	}
	b.t.Fatal("Prometheus does not start")
	return nil
}

// tryPrometheus starts it on one port, and waits until it is ready; nil if it ends.
func (b *bench) tryPrometheus(program, file, data string) *prometheus {
	b.t.Helper()
	p := &prometheus{b: b, address: closedPort(b.t), log: &strings.Builder{}, done: make(chan struct{})}
	p.cmd = exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+data, "--web.listen-address="+p.address, "--log.level=warn")
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended shows in its log
		close(p.done)
	}()
	b.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		<-p.done
		if b.t.Failed() {
			b.t.Logf("prometheus:\n%s", p.log)
		}
	})
	for b.ctx.Err() == nil {
		select {
		case <-p.done:
			return nil
		default:
		}
		if resp, err := http.Get("http://" + p.address + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return p
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.t.Fatal("Prometheus does not get ready")
	return nil
}

// query evaluates an expression now, and returns its series as labels and value.
func (p *prometheus) query(ctx context.Context, expr string) ([]map[string]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/query?"+url.Values{"query": {expr}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, errors.New(answer.Error)
	}
	var out []map[string]string
	for _, r := range answer.Data.Result {
		r.Metric["value"] = fmt.Sprint(r.Value[1])
		out = append(out, r.Metric)
	}
	return out, nil
}

// ruleHealth is what Prometheus says of a rule that it has evaluated: "ok", or the error.
func (p *prometheus) ruleHealth(name string) string {
	p.b.t.Helper()
	for p.b.ctx.Err() == nil {
		var answer struct {
			Data struct {
				Groups []struct {
					Rules []struct{ Name, Health, LastError string }
				}
			}
		}
		resp, err := http.Get("http://" + p.address + "/api/v1/rules")
		if err == nil {
			err = json.NewDecoder(resp.Body).Decode(&answer)
			resp.Body.Close()
		}
		if err != nil {
			return err.Error()
		}
		for _, g := range answer.Data.Groups {
			for _, r := range g.Rules {
				if r.Name == name && r.Health != "unknown" {
					return r.Health + r.LastError
				}
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	return "not evaluated"
}

// await evaluates an expression until its result is good.
func (p *prometheus) await(what, expr string, good func([]map[string]string) bool) {
	p.b.t.Helper()
	var last []map[string]string
	var err error
	for p.b.ctx.Err() == nil {
		if last, err = p.query(p.b.ctx, expr); err == nil && good(last) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.b.t.Fatalf("%s: %s is %v (%v)", what, expr, last, err)
}

// hasData waits until an expression has a value.
func (p *prometheus) hasData(what, expr string) {
	p.b.t.Helper()
	p.await("no data for "+what, expr, func(s []map[string]string) bool {
		return slices.ContainsFunc(s, func(x map[string]string) bool { return x["value"] != "NaN" })
	})
}

// TestTheDashboardAndTheAlertsWorkOnARealRun scrapes two workers through a session with
// refusals and rejects, one that fails and one that runs, and a notice that does not
// arrive; and evaluates every query of the dashboard and every alert on what came of it.
func TestTheDashboardAndTheAlertsWorkOnARealRun(t *testing.T) {
	o := small()
	o.Budget = perMinute
	b := newBench(t, o, "DEFENDER_REQUESTS_PER_MINUTE=3000", "INTEGRATION_WATCH_EVERY=1s",
		"NOTIFY_WEBHOOK_URL=http://"+closedPort(t)) // where nobody listens
	p := b.startPrometheus(b.measuredWorker(), b.measuredWorker())
	p.await("both workers are scraped", "count(up == 1)", func(s []map[string]string) bool { return len(s) == 1 && s[0]["value"] == "2" })
	p.hasData("sessions that are counted from zero", "defendersync_sessions_total == 0")
	b.schedule()
	b.Sim.SetFaults(simulator.Faults{
		Defender:     simulator.PeerFaults{RateLimited: 0.02, RetryAfter: 1, ServerErrors: 0.03, MaxPerRequest: 2},
		RefusePeople: 0.05, RefuseAssign: 0.01,
	})
	b.session(saas.OutcomeCompletedWithErrors)
	if out := b.RunWith(b.ctx, append(b.Env, "INTEGRATION_DEFAULT_ROLE=999"), "run", "--full", "--follow"); out.Code != 1 {
		t.Fatalf("a session with a role that there is not ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	p.hasData("a notice that fails", `defendersync_notices_failing{channel="webhook"} > 0`)
	b.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: 10 * time.Second}})
	if out := b.RunCommand(b.ctx, "run", "--full"); out.Code != 0 {
		t.Fatalf("run ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	p.hasData("a session that runs", "defendersync_session_start_timestamp_seconds")
	panels, err := monitoring.ReadPanels()
	if err != nil {
		t.Fatal(err)
	}
	for _, panel := range panels {
		for _, q := range panel.Queries {
			p.hasData("the panel "+panel.Title, q)
		}
	}
	b.ok("sessions", "cancel", "running")
	p.checkRules()
}

// checkRules makes sure that Prometheus evaluates every rule without an error, and that
// those fire or wait that should.
func (p *prometheus) checkRules() {
	p.b.t.Helper()
	alerts, err := monitoring.ReadAlerts()
	if err != nil {
		p.b.t.Fatal(err)
	}
	for _, a := range alerts {
		if health := p.ruleHealth(a.Name); health != "ok" {
			p.b.t.Errorf("%s: %s", a.Name, health)
		}
	}
	p.hasData("the failed session", fmt.Sprintf(`ALERTS{alertname="DefendersyncSessionFailed",integration=%q}`, p.b.Name))
	p.hasData("the notice that does not arrive", fmt.Sprintf(`ALERTS{alertname="DefendersyncNoticesUndeliverable",integration=%q,channel="webhook"}`, p.b.Name))
	for _, quiet := range []string{"DefendersyncNoWorker", "DefendersyncNoMetrics", "DefendersyncNoWatch", "DefendersyncLastGoodSessionTooOld", "DefendersyncStateNotRead"} {
		if s, err := p.query(p.b.ctx, fmt.Sprintf("ALERTS{alertname=%q,alertstate=\"firing\"}", quiet)); err != nil || len(s) > 0 {
			p.b.t.Errorf("%s fires: %v, %v", quiet, s, err)
		}
	}
}
