package versions

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	now    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	old    = Version{"hr", "0.1.0"}
	latest = Version{"hr", "0.2.0"}
	none   = Version{}
)

// world is a fleet without trouble, changed.
func world(change func(*Fleet)) Fleet {
	f := Fleet{
		At: now, Queue: "defendersync/hr", Routing: Routing{Current: latest}, Waiting: map[Version]time.Duration{},
		Deployments: []Deployment{{Name: "hr", Builds: []Build{{Version: latest, Status: Current}, {Version: old, Status: Drained}}}},
		Workers:     []Worker{polls("b", latest, 0)},
		Running:     []Run{{Kind: Watch, ID: "watch/hr", Version: latest, Started: true}},
	}
	change(&f)
	return f
}

// polls is a worker that polled so long ago.
func polls(name string, v Version, ago time.Duration) Worker {
	return Worker{Identity: name, Version: v, Workflows: now.Add(-ago), Activities: now.Add(-ago)}
}

// bound is a session that stays with a version, with its lane.
func bound(v Version) []Run {
	return []Run{{Kind: Session, ID: "session/hr-1", Version: v, Pinned: true, Started: true}, {Kind: Lane, ID: "sync/hr", Version: v, Pinned: true, Started: true}}
}

func TestEachStateOfTheFleetIsJudged(t *testing.T) {
	const gone, promoteNew = 3 * time.Minute, "run 'defendersync workers promote 0.2.0'"
	unversioned := func(f *Fleet) { f.Routing, f.Deployments = Routing{}, nil }
	for name, tc := range map[string]struct {
		change func(*Fleet)
		want   []string // LEVEL text: todo; no more than these
	}{
		"all is well": {func(*Fleet) {}, nil},
		"versioning is off": {func(f *Fleet) {
			unversioned(f)
			f.Workers, f.Running = []Worker{polls("a", none, 0)}, []Run{{Kind: Session, ID: "session/hr-1", Started: true}}
		}, nil},
		"off and no worker": {func(f *Fleet) { unversioned(f); f.Workers = nil; f.Running = nil },
			[]string{"wrong no worker is running, so new work waits: start defendersync-worker for task queue defendersync/hr"}},
		"off and the worker is gone": {func(f *Fleet) { unversioned(f); f.Workers, f.Running = []Worker{polls("a", none, gone)}, nil },
			[]string{"wrong no worker is running, so new work waits: "}},
		"nothing is current": {func(f *Fleet) { f.Routing, f.Deployments[0].Builds[0].Status = Routing{}, Inactive },
			[]string{"wrong no build is current, so the running workers of build 0.2.0 of hr get no new work, and new work waits: " + promoteNew}},
		"nothing is current and a manager decides": {func(f *Fleet) {
			f.Routing, f.Deployments[0].Manager, f.Deployments[0].Builds[0].Status = Routing{}, "controller/1", Inactive
		},
			[]string{"wrong no build is current, so the running workers of build 0.2.0 of hr get no new work, and new work waits: controller/1 manages deployment hr and decides which build is current"}},
		"nothing is current and an unversioned worker works": {func(f *Fleet) {
			f.Routing, f.Workers = Routing{}, append(f.Workers, polls("a", none, 0))
			f.Deployments[0].Builds[0].Status = Inactive
		}, []string{"attention build 0.2.0 of hr is neither current nor ramping, so its workers get no new work: " + promoteNew}},
		"the current build has no worker": {func(f *Fleet) { f.Workers = nil },
			[]string{"wrong build 0.2.0 of hr gets new work, but no worker of it runs, so new work waits: start workers with TEMPORAL_DEPLOYMENT_NAME=hr TEMPORAL_WORKER_BUILD_ID=0.2.0"}},
		"the current build's worker is silent, the former's is not": {func(f *Fleet) { f.Workers = []Worker{polls("b", latest, gone), polls("a", old, 0)} },
			[]string{"wrong build 0.2.0 of hr gets new work, but no worker of it runs, so new work waits: start workers with TEMPORAL_DEPLOYMENT_NAME=hr TEMPORAL_WORKER_BUILD_ID=0.2.0, or run 'defendersync workers promote 0.1.0'",
				"hint nothing runs on build 0.1.0 of hr any more: its workers may be stopped"}},
		"a ramping build has no worker": {func(f *Fleet) { f.Routing.Ramping, f.Routing.Percent = old, 10 },
			[]string{"wrong build 0.1.0 of hr gets new work, but no worker of it runs, so 10 % of new work waits: "}},
		"a ramping build has all and its worker": {func(f *Fleet) {
			f.Routing = Routing{Current: old, Ramping: latest, Percent: 100}
		}, nil},
		"an unversioned worker idles": {func(f *Fleet) {
			f.Workers = append(f.Workers, polls("a", none, 0), polls("c", none, 0), polls("d", none, gone))
		},
			[]string{"attention workers without a version get no work while build 0.2.0 of hr is current (a, c): stop them, or start them with TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID"}},
		"a session ends on the former build": {func(f *Fleet) {
			f.Workers, f.Running = append(f.Workers, polls("a", old, 0)), append(f.Running, bound(old)...)
			f.Deployments[0].Builds[1].Status = Draining
		}, []string{"hint build 0.1.0 of hr gets no new work and finishes session/hr-1: keep its workers running until then"}},
		"and its worker is gone": {func(f *Fleet) {
			f.Workers, f.Running = append(f.Workers, polls("a", old, gone)), append(f.Running, bound(old)...)
		}, []string{"wrong session/hr-1 stays with build 0.1.0 of hr, of which no worker runs, and so waits: start a worker with TEMPORAL_DEPLOYMENT_NAME=hr TEMPORAL_WORKER_BUILD_ID=0.1.0 until it is finished"}},
		"and its worker takes no task, though it polled": {func(f *Fleet) {
			f.Workers, f.Running = append(f.Workers, polls("a", old, 0)), append(f.Running, bound(old)...)
			f.Waiting[old] = 15 * time.Second
		}, []string{"wrong session/hr-1 stays with build 0.1.0 of hr, of which no worker has taken its tasks for 15s: start a worker with",
			"hint build 0.1.0 of hr gets no new work and finishes session/hr-1: "}},
		"and its tasks wait a moment": {func(f *Fleet) {
			f.Workers, f.Running = append(f.Workers, polls("a", old, 0)), append(f.Running, bound(old)...)
			f.Waiting[old] = 14 * time.Second
		}, []string{"hint build 0.1.0 of hr gets no new work and finishes session/hr-1: "}},
		"a report and a session wait": {func(f *Fleet) {
			f.Running = append(bound(old), Run{Kind: Report, ID: "report/hr/weekly", Version: old, Pinned: true})
		}, []string{"wrong session/hr-1, report/hr/weekly stay with build 0.1.0 of hr, of which no worker runs, and so wait: "}},
		"the watch is on the former build": {func(f *Fleet) { f.Running[0].Version = old }, nil},
		"the former build is drained": {func(f *Fleet) { f.Workers = append(f.Workers, polls("a", old, 0)) },
			[]string{"hint nothing runs on build 0.1.0 of hr any more: its workers may be stopped"}},
		"the former build is not known to be drained": {func(f *Fleet) {
			f.Workers, f.Deployments[0].Builds[1].Status = append(f.Workers, polls("a", old, 0)), Draining
		}, []string{"hint nothing is known to run on build 0.1.0 of hr any more: stop its workers once Temporal calls it drained, which takes some minutes"}},
		"a new build waits": {func(f *Fleet) { f.Workers = append(f.Workers, polls("c", Version{"hr", "0.3.0"}, 0)) },
			[]string{"attention build 0.3.0 of hr is neither current nor ramping, so its workers get no new work: run 'defendersync workers promote 0.3.0'"}},
		"a session waits, and a newer build too": {func(f *Fleet) {
			newest := Version{"hr", "0.3.0"}
			f.Deployments[0].Builds = append([]Build{{Version: newest, Status: Inactive}}, f.Deployments[0].Builds...)
			f.Workers, f.Running = append(f.Workers, polls("c", newest, 0)), append(f.Running, bound(old)...)
		}, []string{"wrong session/hr-1 stays with build 0.1.0 of hr", "attention build 0.3.0 of hr is neither current nor ramping"}},
		"it polls for one kind only": {func(f *Fleet) { f.Workers[0].Activities = time.Time{} },
			[]string{"wrong build 0.2.0 of hr gets new work, but no worker of it runs"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := Judge(world(tc.change))
			if len(found) != len(tc.want) {
				t.Fatalf("found %+v, not %q", found, tc.want)
			}
			for i, want := range tc.want {
				if got := string(found[i].Level) + " " + found[i].String(); !strings.HasPrefix(got, want) {
					t.Errorf("found %q, not %q", got, want)
				}
			}
		})
	}
}

func TestAWorkerIsToldWhetherItGetsNewWork(t *testing.T) {
	for name, tc := range map[string]struct {
		routing Routing
		own     Version
		level   Level
		says    []string
	}{
		"versioning is off":       {Routing{}, none, Hint, []string{"worker versioning is off"}},
		"it is current":           {Routing{Current: latest}, latest, Hint, []string{"build 0.2.0 of hr gets new work"}},
		"it ramps":                {Routing{Current: old, Ramping: latest, Percent: 1}, latest, Hint, []string{"build 0.2.0 of hr gets new work"}},
		"another ramps":           {Routing{Current: old, Ramping: latest, Percent: 1}, old, Hint, []string{"build 0.1.0 of hr gets new work"}},
		"another has all":         {Routing{Current: old, Ramping: latest, Percent: 100}, old, Attention, []string{"current is build 0.2.0 of hr"}},
		"its ramp is at nothing":  {Routing{Current: old, Ramping: latest}, latest, Attention, []string{"neither current nor ramping"}},
		"none is current":         {Routing{}, latest, Attention, []string{"no build is current", "run 'defendersync workers promote 0.2.0'"}},
		"another is current":      {Routing{Current: old}, latest, Attention, []string{"current is build 0.1.0 of hr", "run 'defendersync workers promote 0.2.0'"}},
		"it has no version":       {Routing{Current: old}, none, Attention, []string{"has no version", "TEMPORAL_WORKER_BUILD_ID", "promote --unversioned"}},
		"of another deployment":   {Routing{Current: Version{"sales", "0.2.0"}}, latest, Attention, []string{"current is build 0.2.0 of sales"}},
		"unversioned get a share": {Routing{Current: latest, Percent: 5}, none, Hint, []string{"worker versioning is off"}},
	} {
		found := JudgeWorker(tc.routing, tc.own)
		if found.Level != tc.level {
			t.Errorf("%s: %+v", name, found)
		}
		for _, text := range tc.says {
			if !strings.Contains(found.String(), text) {
				t.Errorf("%s: %q does not say %q", name, found, text)
			}
		}
	}
}

func TestAPromotionIsPlannedOrRefused(t *testing.T) {
	both := func(f *Fleet) { f.Workers = append(f.Workers, polls("a", old, 0)) }
	for name, tc := range map[string]struct {
		change            func(*Fleet)
		build, deployment string
		want              Promotion
		refused           string
	}{
		"of the former build":  {both, "0.1.0", "", Promotion{Deployment: "hr", Target: old, Former: latest}, ""},
		"of the current build": {both, "0.2.0", "", Promotion{Deployment: "hr", Target: latest, Former: latest, Done: true}, ""},
		"of the current build while another ramps": {func(f *Fleet) { both(f); f.Routing.Ramping, f.Routing.Percent = old, 10 }, "0.2.0", "",
			Promotion{Deployment: "hr", Target: latest, Former: latest, StopRamp: true}, ""},
		"of the ramping build": {func(f *Fleet) { both(f); f.Routing.Ramping, f.Routing.Percent = old, 10 }, "0.1.0", "hr",
			Promotion{Deployment: "hr", Target: old, Former: latest}, ""},
		"while a session runs": {func(f *Fleet) { both(f); f.Running = append(f.Running, bound(latest)...) }, "0.1.0", "",
			Promotion{Deployment: "hr", Target: old, Former: latest, Staying: bound(latest)}, ""},
		"of the unversioned": {func(f *Fleet) { f.Workers = append(f.Workers, polls("a", none, 0)) }, "", "",
			Promotion{Deployment: "hr", Former: latest}, ""},
		"of the unversioned, twice":        {func(f *Fleet) { f.Routing = Routing{} }, "", "", Promotion{Done: true}, ""},
		"of the unversioned, without one":  {both, "", "", Promotion{}, "no worker without a version runs"},
		"of a build without a worker":      {func(*Fleet) {}, "0.1.0", "", Promotion{}, "no worker of build 0.1.0 of hr runs, so new work would wait: start one first, with TEMPORAL_DEPLOYMENT_NAME=hr TEMPORAL_WORKER_BUILD_ID=0.1.0"},
		"of an unknown build":              {both, "0.9.0", "", Promotion{}, "there is no build 0.9.0, only build 0.2.0 of hr, build 0.1.0 of hr"},
		"in an unknown deployment":         {both, "0.1.0", "sales", Promotion{}, "no worker with a version has polled"},
		"of a build that two have":         {func(f *Fleet) { both(f); f.Workers = append(f.Workers, polls("c", Version{"sales", "0.1.0"}, 0)) }, "0.1.0", "", Promotion{}, "choose one by --deployment"},
		"of a build that two have, chosen": {func(f *Fleet) { both(f); f.Workers = append(f.Workers, polls("c", Version{"sales", "0.1.0"}, 0)) }, "0.1.0", "sales", Promotion{Deployment: "sales", Target: Version{"sales", "0.1.0"}, Former: latest}, ""},
		"of what a manager manages":        {func(f *Fleet) { both(f); f.Deployments[0].Manager = "controller/1" }, "0.1.0", "", Promotion{}, "managed by controller/1"},
	} {
		p, err := PlanPromotion(world(tc.change), tc.build, tc.deployment)
		if tc.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tc.refused) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		same := p.Deployment == tc.want.Deployment && p.Target == tc.want.Target && p.Former == tc.want.Former && p.StopRamp == tc.want.StopRamp && p.Done == tc.want.Done
		if err != nil || !same || !slices.Equal(p.Staying, tc.want.Staying) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestAPromotionSaysWhatItChanges(t *testing.T) {
	p := Promotion{Deployment: "hr", Target: latest, Former: old, Staying: bound(old), Queues: []string{"defendersync/sales"}}
	want := []string{
		"New sessions and reports will begin on build 0.2.0 of hr, and the watch will move to it. So far they begin on build 0.1.0 of hr.",
		"session/hr-1 stays with build 0.1.0 of hr: keep workers of it until it is finished.",
		"The deployment's other task queues move, too: defendersync/sales.",
	}
	if got := p.DescribeChanges(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	p = Promotion{Deployment: "hr", Former: old}
	if got := p.DescribeChanges(); len(got) != 1 || !strings.Contains(got[0], "begin on workers without a version") {
		t.Errorf("%q", got)
	}
	p = Promotion{Deployment: "hr", Target: old}
	if got := p.DescribeChanges(); !strings.Contains(got[0], "So far they begin on workers without a version.") {
		t.Errorf("%q", got)
	}
}

func TestEveryVersionIsListedOnceWithWhatRunsOnIt(t *testing.T) {
	f := world(func(f *Fleet) {
		f.Workers = append(f.Workers, polls("a", none, 0), polls("c", Version{"hr", "0.3.0"}, 0))
		f.Running = append(f.Running, Run{Kind: Session, ID: "session/hr-2"}, Run{Kind: Session, ID: "session/hr-1", Started: true})
	})
	if got := f.ListVersions(); !slices.Equal(got, []Version{latest, old, {"hr", "0.3.0"}, none}) {
		t.Errorf("versions %v", got)
	}
	if got := f.ListRuns(none); len(got) != 1 || got[0].ID != "session/hr-1" {
		t.Errorf("without a version run %v", got)
	}
	if got := f.ListRuns(latest); len(got) != 1 || got[0].ID != "watch/hr" {
		t.Errorf("on the current build run %v", got)
	}
	for v, want := range map[Version]Status{latest: Current, old: Drained, {"hr", "0.3.0"}: Inactive} {
		if got := f.FindBuild(v); got.Status != want || got.Version != v {
			t.Errorf("%v is %v", v, got)
		}
	}
	f = Fleet{Routing: Routing{Current: old, Ramping: latest, Percent: 10}}
	if f.FindBuild(old).Status != Current || f.FindBuild(latest).Status != Ramping || !f.IsVersioned() {
		t.Errorf("by the routing alone they are %v and %v", f.FindBuild(old), f.FindBuild(latest))
	}
	if (Fleet{Workers: []Worker{polls("a", none, 0)}}).IsVersioned() {
		t.Error("a worker without a version makes versions")
	}
}

func TestAnInstantDecidesWhoIsSilent(t *testing.T) {
	f := Fleet{At: now}
	for ago, live := range map[time.Duration]bool{0: true, silence - 1: true, silence: false, silence + 1: false} {
		if f.IsLive(polls("a", none, ago)) != live {
			t.Errorf("one that polled %s ago is live: %v", ago, !live)
		}
	}
}
