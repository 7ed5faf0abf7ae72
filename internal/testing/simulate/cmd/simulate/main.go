// Command simulate runs the product in simulated worlds: see package simulate.
//
//	simulate                      many worlds, on all processors; a table
//	simulate -seed 7              one world, twice, with the hash of what happened
//	simulate -seed 7 -story       the same with each request as it goes
//	simulate -seed 7 -less 'apps=3; without storms'
//
// The environment's SEED, FROM, SESSIONS, LESS and STORY do the same as the
// flags. It ends with 1 when a world finds something, after it has looked for
// the smallest one that does.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/testing/simulate"
)

type settings struct {
	seed, from, sessions uint64
	workers, failures    int
	limit                time.Duration
	less                 string
	story, work, shrink  bool
}

func main() {
	testing.Init()
	var s settings
	flag.Uint64Var(&s.seed, "seed", readNumber("SEED", 0), "run this world alone")
	flag.Uint64Var(&s.from, "from", readNumber("FROM", 1), "begin with the world of this seed")
	flag.Uint64Var(&s.sessions, "sessions", readNumber("SESSIONS", 10_000), "run worlds until so many sessions were held")
	flag.DurationVar(&s.limit, "for", 0, "run worlds for so long at most")
	flag.IntVar(&s.workers, "workers", runtime.NumCPU(), "processes at work")
	flag.IntVar(&s.failures, "failures", 20, "stop after so many worlds that found something")
	flag.StringVar(&s.less, "less", os.Getenv("LESS"), "what to take out of the world, separated by semicolons")
	flag.BoolVar(&s.story, "story", os.Getenv("STORY") != "", "tell each request of a single world")
	flag.BoolVar(&s.shrink, "shrink", true, "look for the smallest world that fails")
	flag.BoolVar(&s.work, "work", false, "run the worlds that standard input asks for")
	flag.Parse()
	switch {
	case s.work:
		workForCrew() // it exits
	case s.seed != 0:
		os.Exit(s.runOne())
	default:
		os.Exit(s.runMany())
	}
}

// readNumber is a number in the environment.
func readNumber(key string, otherwise uint64) uint64 {
	text := os.Getenv(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "simulate: %s=%q is not a number\n", key, text)
		os.Exit(2)
	}
	return n
}

// workForCrew is a process of the crew. A bubble of virtual time needs a test around
// it.
func workForCrew() {
	simulate.PrepareProcess()
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "work", F: func(t *testing.T) {
		if err := simulate.WorkJobs(t, os.Stdin, os.Stdout); err != nil {
			t.Error(err)
		}
	}}}, nil, nil)
}

func newCrew() *simulate.Crew { return &simulate.Crew{Command: []string{os.Args[0], "-work"}} }

func (s *settings) listCuts() []string {
	if s.less == "" {
		return nil
	}
	return strings.Split(s.less, ";")
}

// runOne runs one world twice.
func (s *settings) runOne() int {
	crew := newCrew()
	crew.Story = os.Stderr
	defer crew.Close()
	first := crew.RunJob(simulate.Job{Seed: s.seed, Less: s.listCuts(), Story: s.story})
	second := crew.RunJob(simulate.Job{Seed: s.seed, Less: s.listCuts()})
	var r simulate.Report
	r.AddOutcome(first)
	r.PrintTable(os.Stdout, 0)
	fmt.Printf("\nseed %d, trace %s\n", s.seed, first.Trace)
	code := 0
	if first.Trace != second.Trace {
		fmt.Printf("the second time the trace was %s: this run can't be repeated\n", second.Trace)
		code = 1
	}
	if len(first.Findings) > 0 {
		showFindings(first)
		code = 1
	}
	return code
}

// showFindings prints what a world found.
func showFindings(o simulate.Outcome) {
	for _, f := range o.Findings[:min(5, len(o.Findings))] {
		fmt.Printf("  %s: %s\n", f.Kind, f.Text)
	}
	if n := len(o.Findings) - 5; n > 0 {
		fmt.Printf("  and %d more\n", n)
	}
}

// runMany runs worlds side by side.
func (s *settings) runMany() int {
	began := time.Now()
	var r simulate.Report
	var mu sync.Mutex
	next := s.from
	take := func() (seed uint64, more bool) {
		mu.Lock()
		defer mu.Unlock()
		if uint64(r.Sessions) >= s.sessions || s.limit > 0 && time.Since(began) > s.limit || len(r.Failed) >= s.failures {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var crews sync.WaitGroup
	for range s.workers {
		crews.Go(func() {
			crew := newCrew()
			defer crew.Close()
			for seed, more := take(); more; seed, more = take() {
				out := crew.RunJob(simulate.Job{Seed: seed})
				mu.Lock()
				r.AddOutcome(out)
				mu.Unlock()
				if len(out.Findings) > 0 {
					s.tellFailure(crew, out)
				}
			}
		})
	}
	crews.Wait()
	r.PrintTable(os.Stdout, time.Since(began))
	fmt.Printf("seeds %d to %d\n", s.from, next-1)
	if len(r.Failed) > 0 {
		return 1
	}
	return 0
}

// tellFailure shows a world that found something, and the smallest one that does.
func (s *settings) tellFailure(crew *simulate.Crew, out simulate.Outcome) {
	var less []string
	if s.shrink {
		less = simulate.ShrinkWorld(out.Seed, out.Findings[0].Kind, func(less []string) simulate.Outcome {
			return crew.RunJob(simulate.Job{Seed: out.Seed, Less: less})
		})
		if small := crew.RunJob(simulate.Job{Seed: out.Seed, Less: less}); len(small.Findings) > 0 {
			out = small
		}
	}
	fmt.Printf("seed %d found something; the smallest world that does:\n  SEED=%d", out.Seed, out.Seed)
	if len(less) > 0 {
		fmt.Printf(" LESS='%s'", strings.ReplaceAll(strings.Join(less, "; "), "'", `'\''`))
	}
	fmt.Println(" make simulate")
	showFindings(out)
}
