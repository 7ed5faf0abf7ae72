package compose

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// integration is the name that .env leaves as it is.
const integration = "microsoft-defender"

// lives are services that go on, and ends those that do their work and end.
var (
	lives = []string{"postgres", "temporal", "worker", "watch"}
	ends  = []string{"certificates", "schema", "namespace", "setup", "schedule"}
)

// A session takes more than a minute, so that there is time to kill and to resume.
func TestASessionOutlivesItsWorkerAndTheDatabase(t *testing.T) {
	s := newStack(t, "TENANT_APPS=800", "TENANT_PEOPLE=800", "TENANT_PAIRS=24000", "DEFENDER_REQUESTS_PER_MINUTE=900", "WATCH_EVERY=2s")
	began := time.Now()
	s.must("up", "--detach")
	workers := s.awaitUp()
	t.Logf("up after %s", time.Since(began).Round(100*time.Millisecond))
	s.checkContainers()
	if out, code := s.command("check"); code != 0 {
		t.Fatalf("check ended with %d:\n%s", code, out)
	}

	if out, code := s.command("run"); code != 0 {
		t.Fatalf("run ended with %d:\n%s", code, out)
	}
	s.awaitRequests(100)
	killed := s.killHolder(s.dial(), workers)
	s.awaitRequests(100)
	s.killDatabase()
	s.awaitCompletion()

	s.must("up", "--detach") // once more: it starts what is dead, and the rest does no harm
	if again := s.awaitUp(); !slices.Contains(again, killed) {
		t.Errorf("of the workers %v none is the one that was killed, %s", again, killed)
	}
	s.awaitCalm()
	s.checkPages()
	s.checkPrometheus()
	s.logMemory(workers)
	s.compareWithOracle()
}

// checkPages opens the pages that are there for people.
func (s *stack) checkPages() {
	s.t.Helper()
	for _, port := range []string{"UI_PORT", "MAIL_UI_PORT"} {
		resp, err := http.Get("http://" + s.address(port) + "/")
		if err != nil {
			s.t.Error(err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			s.t.Errorf("the page of %s is answered with %d", port, resp.StatusCode)
		}
	}
}

// awaitUp waits until all services do what they are there for, and returns the
// workers.
func (s *stack) awaitUp() (workers []string) {
	s.t.Helper()
	for _, service := range ends {
		id := s.container(service)
		eventually(s.t, 5*time.Minute, service+" to end", func() bool { return inspect(s.t, id).State.Status == "exited" })
		if state := inspect(s.t, id).State; state.ExitCode != 0 {
			s.t.Fatalf("%s ended with %d:\n%s", service, state.ExitCode, docker(s.t, "logs", id))
		}
	}
	for _, service := range lives {
		for _, id := range s.containers(service) {
			s.awaitHealthy(service, id)
		}
	}
	if workers = s.containers("worker"); len(workers) != 2 {
		s.t.Fatalf("%d workers run", len(workers))
	}
	return workers
}

// awaitRequests waits until Defender has been asked so many more times.
func (s *stack) awaitRequests(more int) {
	s.t.Helper()
	from := s.tenants().Defender.Requests
	eventually(s.t, 3*time.Minute, "requests to Defender", func() bool { return s.tenants().Defender.Requests >= from+more })
}

// holder returns the container of the worker that carries users over, and since when;
// "" if none does. The other activities of a session take a moment each.
func (s *stack) holder(temporal client.Client, workers []string) (id string, since time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	seen, err := temporal.DescribeWorkflow(ctx, contract.SyncID(integration), "")
	if err != nil {
		return "", time.Time{} // it is asked again
	}
	for _, a := range seen.RawResponse.GetPendingActivities() {
		for _, worker := range workers {
			if a.GetActivityType().GetName() == contract.ActivitySyncUsage && a.GetLastStartedTime() != nil && strings.Contains(a.GetLastWorkerIdentity(), worker[:12]) {
				return worker, a.GetLastStartedTime().AsTime()
			}
		}
	}
	return "", time.Time{}
}

// killHolder kills the worker that has the session's work, and waits until the
// other one has taken it over.
func (s *stack) killHolder(temporal client.Client, workers []string) (killed string) {
	s.t.Helper()
	eventually(s.t, time.Minute, "a worker at work", func() bool {
		killed, _ = s.holder(temporal, workers)
		return killed != ""
	})
	docker(s.t, "kill", killed)
	at := time.Now()
	eventually(s.t, 2*time.Minute, "the other worker to take over", func() bool {
		id, since := s.holder(temporal, workers)
		if id == "" || id == killed || since.Before(at) { // the one that was killed is named until the other begins
			return false
		}
		s.t.Logf("the other worker took over %s after the kill", since.Sub(at).Round(100*time.Millisecond))
		return true
	})
	return killed
}

// killDatabase kills the database, leaves it dead for a while, and starts it again.
func (s *stack) killDatabase() {
	s.t.Helper()
	id := s.container("postgres")
	docker(s.t, "kill", id)
	time.Sleep(5 * time.Second) // an outage, not a wait for anything
	from := s.tenants().Defender.Requests
	docker(s.t, "start", id)
	began := time.Now()
	s.awaitHealthy("postgres", id)
	s.t.Logf("the database was healthy %s after its start", time.Since(began).Round(100*time.Millisecond))
	eventually(s.t, 3*time.Minute, "the session to go on", func() bool { return s.tenants().Defender.Requests > from+20 })
	s.t.Logf("the session had gone on %s after it", time.Since(began).Round(100*time.Millisecond))
}

// awaitCompletion waits until the session has completed.
func (s *stack) awaitCompletion() {
	s.t.Helper()
	var r contract.SessionResult
	eventually(s.t, 5*time.Minute, "the session to end", func() bool {
		out, code := s.command("sessions", "show", "latest", "--output", "json")
		var err error
		r, err = harness.DecodeResult(out)
		return code == 0 && err == nil && r.Outcome != saas.OutcomeRunning
	})
	if r.Outcome != saas.OutcomeCompleted {
		s.t.Fatalf("the session ended as %s: %s", r.Outcome, r.Error)
	}
	s.t.Logf("the session took %s", r.Ended.Sub(r.Began).Round(100*time.Millisecond))
}

// awaitCalm waits until the watch says that all is well after a good session.
func (s *stack) awaitCalm() {
	s.t.Helper()
	id := s.container("watch")
	eventually(s.t, 2*time.Minute, "the watch to say OK", func() bool {
		lines := strings.Split(docker(s.t, "logs", "--tail", "1", id), "\n")
		return strings.HasPrefix(lines[len(lines)-1], "DEFENDERSYNC OK - last completed session ended ")
	})
	s.awaitHealthy("watch", id)
}

// compareWithOracle compares all that the simulated Oomnitza holds with what it has
// to hold, and looks for what no good client does.
func (s *stack) compareWithOracle() {
	s.t.Helper()
	status := s.tenants()
	if status.Violations > 0 || status.Defender.RateLimited > 0 || status.Defender.MaxInWindow > status.Budget {
		s.t.Errorf("%d violations; %d requests beyond the budget, %d in a window", status.Violations, status.Defender.RateLimited, status.Defender.MaxInWindow)
	}
	s.must("stop", "tenants") // which saves them
	file := filepath.Join(s.t.TempDir(), "tenants.json")
	docker(s.t, "cp", s.container("tenants")+":/data/tenants.json", file)
	saved, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer saved.Close()
	after, err := simulator.RestoreTenants(saved, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	o := oracle.New(simulator.New(after.Options())).LearnDue(after)
	if found := o.FindDifferences(after); len(found) > 0 {
		s.t.Errorf("%d differences from the oracle, the first:\n%s", len(found), oracle.JoinTexts(found))
	}
	if totals := after.Totals(); totals.Assignments < 5000 {
		s.t.Errorf("Oomnitza holds only %+v", totals)
	}
}
