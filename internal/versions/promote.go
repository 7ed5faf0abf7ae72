package versions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Promotion is a change of the version that gets new work.
type Promotion struct {
	Deployment string   // whose current version changes
	Target     Version  // that gets new work from then on; unset: workers without a version
	Former     Version  // that got it before
	StopRamp   bool     // another version is ramping, which ends
	Done       bool     // it is so already
	Staying    []Run    // what stays with the former versions to its end
	Queues     []string // other task queues of the deployment, whose work moves, too
}

// PlanPromotion plans to make a build current; "" stands for workers without a version.
// deployment chooses one of several with a build of that id; "": there is but one. The
// error says what stands in the way, and what to do.
func PlanPromotion(f Fleet, build, deployment string) (Promotion, error) {
	target, err := f.findTarget(build, deployment)
	if err != nil {
		return Promotion{}, err
	}
	p := Promotion{Deployment: target.Deployment, Target: target, Former: f.Routing.Current}
	if !target.IsSet() {
		p.Deployment = f.Routing.Current.Deployment
	}
	p.StopRamp = f.Routing.Percent > 0 && f.Routing.Ramping != target && f.Routing.Ramping.Deployment == p.Deployment
	p.Done = f.Routing.Current == target && f.Routing.Percent == 0
	if p.Done {
		return p, nil
	}
	if manager := f.managerOf(Version{Deployment: p.Deployment}); manager != "" {
		return p, fmt.Errorf("deployment %s is managed by %s, which alone may say which build is current: have it do so", p.Deployment, manager)
	}
	if len(f.ListLive(target)) == 0 {
		if !target.IsSet() {
			return p, errors.New("no worker without a version runs, so new work would wait: start one first, without TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID")
		}
		return p, fmt.Errorf("no worker of %s runs, so new work would wait: start one first, with %s", target, target.Settings())
	}
	for _, r := range f.Running {
		if r.Pinned && r.Version != target {
			p.Staying = append(p.Staying, r)
		}
	}
	return p, nil
}

// findTarget finds the version that is meant.
func (f Fleet) findTarget(build, deployment string) (Version, error) {
	if build == "" {
		return Version{}, nil
	}
	known := slices.DeleteFunc(f.ListVersions(), func(v Version) bool {
		return !v.IsSet() || deployment != "" && v.Deployment != deployment
	})
	found := slices.DeleteFunc(slices.Clone(known), func(v Version) bool { return v.Build != build })
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Version{}, fmt.Errorf("several deployments have a build %s (%s): choose one by --deployment", build, joinVersions(found))
	case len(known) == 0:
		return Version{}, fmt.Errorf("no worker with a version has polled task queue %s: start one with TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID=%s first", f.Queue, build)
	}
	return Version{}, fmt.Errorf("there is no build %s, only %s: start a worker of it first", build, joinVersions(known))
}

// DescribeChanges says in some lines what the promotion changes.
func (p Promotion) DescribeChanges() []string {
	target := p.Target.String()
	if !p.Target.IsSet() {
		target = "workers without a version"
	}
	lines := []string{"New sessions and reports will begin on " + target + ", and the watch will move to it. So far they begin on " + strings.Replace(p.Former.String(), "unversioned", "workers without a version", 1) + "."}
	for _, r := range p.Staying {
		if r.Kind != Lane {
			lines = append(lines, fmt.Sprintf("%s stays with %s: keep workers of it until it is finished.", r.ID, r.Version))
		}
	}
	if len(p.Queues) > 0 {
		lines = append(lines, "The deployment's other task queues move, too: "+strings.Join(p.Queues, ", ")+".")
	}
	return lines
}
