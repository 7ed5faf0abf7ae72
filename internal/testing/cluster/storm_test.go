package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// EnvSeed and EnvReport are environment variables of a longer campaign: which storm
// it is, and a file that its figures are added to, a line of JSON each.
const (
	EnvSeed   = "CLUSTER_SEED"
	EnvReport = "CLUSTER_REPORT"
)

// budget is what the simulated Defender answers in a minute: so little that a session
// lasts for minutes, and that the requests of two workers at once would exceed it.
const budget = 300

// storm is the faults that befall two integrations while both sync.
type storm struct {
	t       *testing.T
	ctx     context.Context
	random  *rand.Rand
	teams   []*team
	figures figures
}

// figures are what a storm is remembered by.
type figures struct {
	Seed      uint64               `json:"seed"`
	Sessions  int                  `json:"sessions"`
	Faults    map[string]int       `json:"faults"`
	Takeovers map[string][]float64 `json:"takeovers"` // seconds
	Stopped   []float64            `json:"stopped"`   // seconds from a cut to the last request of who is cut off
	Requests  int                  `json:"requests"`
	Limited   int                  `json:"limited"`
	Took      float64              `json:"took"`
	Good      bool                 `json:"good"`
}

// readSeed is the seed of the storm, by default one.
func readSeed(t *testing.T) uint64 {
	text := os.Getenv(EnvSeed)
	if text == "" {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", EnvSeed, err)
	}
	return seed
}

func TestTwoIntegrationsGoThroughEveryFaultWithNothingLostOrDoubled(t *testing.T) {
	requireCluster(t)
	ctx, cancel := context.WithTimeout(context.Background(), testLimit)
	defer cancel()
	seed := readSeed(t)
	s := &storm{t: t, ctx: ctx, random: rand.New(rand.NewPCG(seed, 10)), figures: figures{Seed: seed, Faults: map[string]int{}, Takeovers: map[string][]float64{}}}
	lag, began := startLagMeter(t), time.Now()
	for i, name := range []string{"north", "south"} {
		m := newTeam(ctx, t, fmt.Sprintf("%s-%d", name, seed), simulator.Options{
			Seed: 2*seed + uint64(i), Apps: 160, People: 700, Pairs: 9000, Streams: 2, Names: simulator.RealisticNames(),
			SameNames: 4, ExistingPeople: 0.2, ExistingApps: 0.05, Budget: budget,
		})
		m.addWorker()
		m.addWorker()
		m.oracle.LearnDue(m.Sim)
		m.startSession()
		s.teams = append(s.teams, m)
	}
	s.strikeAll()
	for _, m := range s.teams {
		m.awaitSession()
		m.startSession() // a quiet one, which finds what changed
	}
	for _, m := range s.teams {
		m.oracle.LearnDue(m.Sim)
		m.awaitSession()
		m.compare()
		m.checkBudget(lag)
	}
	s.report(began)
}

// strikeAll lets every fault strike once, those of workers in each integration, in an
// order that follows from the seed.
func (s *storm) strikeAll() {
	var faults []func()
	for _, m := range s.teams {
		faults = append(faults, func() { s.killWorker(m) }, func() { s.freezeWorker(m) }, func() { s.cutLine(m) })
	}
	faults = append(faults, s.restartDatabase, s.crashDatabase, s.killServer)
	s.random.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	for _, strike := range faults {
		for _, m := range s.teams {
			m.keepSession()
		}
		s.teams[s.random.IntN(len(s.teams))].awaitPages(1 + s.random.IntN(12))
		time.Sleep(time.Duration(s.random.IntN(1000)) * time.Millisecond) // another moment of its work each time
		strike()
	}
}

// noteFault counts a fault that befalls some of the teams.
func (s *storm) noteFault(kind string, teams ...*team) {
	s.figures.Faults[kind]++
	for _, m := range teams {
		m.tell("%s", kind)
	}
}

// noteTakeover notes how long a takeover took.
func (s *storm) noteTakeover(kind string, took, limit time.Duration) {
	s.t.Logf("%s: taken over after %s", kind, took.Round(10*time.Millisecond))
	s.figures.Takeovers[kind] = append(s.figures.Takeovers[kind], took.Seconds())
	if took > limit {
		s.t.Errorf("%s: taken over only after %s, not within %s; the heartbeat time-out is %s", kind, took, limit, heartbeat)
	}
}

// killWorker kills the worker that has the session in hand.
func (s *storm) killWorker(m *team) {
	holder, _, _ := m.findHolder()
	s.noteFault("worker killed", m)
	at := time.Now()
	holder.KillAndWait()
	s.noteTakeover("worker killed", m.awaitTakeover(holder, at), heartbeat+soon)
	m.workers = slices.DeleteFunc(m.workers, func(w *Worker) bool { return w == holder })
	m.addWorker()
}

// freezeWorker stops the worker that has the session in hand, with rows in its
// memory, until another has taken over and there is newer activity; then it wakes up.
func (s *storm) freezeWorker(m *team) {
	holder, other, _ := m.findHolder()
	s.noteFault("worker frozen", m)
	at := time.Now()
	if err := holder.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	s.noteTakeover("worker frozen", m.awaitTakeover(holder, at), longestTakeover)
	m.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2})
	m.oracle.AllowNew(m.Sim)
	m.await("the new holder's requests", testLimit, func() bool {
		m.keepSession()
		n, _ := other.Door.countSince(at.Add(heartbeat))
		return n >= 5
	})
	before, held := FindTask(m.ctx, m.temp, m.Name)
	woken := time.Now()
	if err := holder.Signal(syscall.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(time.Second) // it has time enough to do wrong
	after, still := FindTask(m.ctx, m.temp, m.Name)
	if n, _ := holder.Door.countSince(woken); held && still && before.IsSame(after) && before.PID != holder.PID() && n > 0 {
		s.t.Errorf("%s: a worker that woke up sent %d requests for work that another had", m.Name, n)
	}
}

// cutLine cuts the worker that has the session in hand off Temporal, not off the
// tenants, until another has worked for a while.
func (s *storm) cutLine(m *team) {
	holder, other, _ := m.findHolder()
	s.noteFault("line to Temporal cut", m)
	at := time.Now()
	holder.Line.Cut()
	s.noteTakeover("line to Temporal cut", m.awaitTakeover(holder, at), longestTakeover)
	s.watchSilence(m, holder, other, at)
	holder.Line.Mend()
}

// watchSilence expects that who is cut off sent its last request before the other
// sent its first.
func (s *storm) watchSilence(m *team, holder, other *Worker, cut time.Time) {
	m.await("the new holder's requests", testLimit, func() bool {
		m.keepSession()
		n, _ := other.Door.countSince(cut)
		return n >= 5
	})
	time.Sleep(heartbeat / 2)
	first := other.Door.firstSince(cut)
	n, last := holder.Door.countSince(cut)
	if n > 0 {
		s.figures.Stopped = append(s.figures.Stopped, last.Sub(cut).Seconds())
		s.t.Logf("%s: who is cut off sent %d more requests, the last after %s; the other began after %s",
			m.Name, n, last.Sub(cut).Round(10*time.Millisecond), first.Sub(cut).Round(10*time.Millisecond))
	}
	if n > 0 && !last.Before(first) {
		s.t.Errorf("%s: a worker that is cut off still sent requests %s after the cut, and another had begun after %s", m.Name, last.Sub(cut), first.Sub(cut))
	}
}

// restartDatabase restarts PostgreSQL in good order.
func (s *storm) restartDatabase() {
	s.noteFault("PostgreSQL restarted", s.teams...)
	run.Postgres.StopFast()
	s.startDatabase()
}

// crashDatabase ends PostgreSQL as the failure of its machine does.
func (s *storm) crashDatabase() {
	s.noteFault("PostgreSQL crashed", s.teams...)
	run.Postgres.Crash()
	s.startDatabase()
}

// startDatabase starts PostgreSQL after a while.
func (s *storm) startDatabase() {
	time.Sleep(time.Duration(s.random.IntN(2000)) * time.Millisecond)
	if err := run.Postgres.Start(s.ctx); err != nil {
		s.t.Fatal(err)
	}
}

// killServer kills Temporal's services and starts them again.
func (s *storm) killServer() {
	s.noteFault("Temporal server killed", s.teams...)
	run.Temporal.Kill()
	time.Sleep(time.Duration(s.random.IntN(2000)) * time.Millisecond)
	if err := run.Temporal.Start(s.ctx); err != nil {
		s.t.Fatal(err)
	}
}

// report tells the storm's figures, and adds them to a file where one is named.
func (s *storm) report(began time.Time) {
	f := &s.figures
	for _, m := range s.teams {
		usage := m.Sim.Requests().Defender
		f.Sessions, f.Requests, f.Limited = f.Sessions+m.ran, f.Requests+usage.Requests, f.Limited+usage.RateLimited
	}
	f.Took, f.Good = time.Since(began).Seconds(), !s.t.Failed()
	line, err := json.Marshal(f)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Logf("%s", line)
	path := os.Getenv(EnvReport)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "%s\n", line); err != nil {
		s.t.Fatal(err)
	}
}
