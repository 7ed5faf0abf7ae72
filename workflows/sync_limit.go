package workflows

import (
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// takeApps returns those of a page's apps that a limited session carries over: the first
// ones in the order in which Defender lists them, stream by stream.
func (s *syncRun) takeApps(apps []saas.App) []saas.App {
	if s.params.LimitApps == 0 {
		return apps
	}
	apps = apps[:min(len(apps), s.params.LimitApps-s.state.AppsTaken)]
	s.state.AppsTaken += len(apps)
	return apps
}

// hasReachedLimit reports whether a limited session has carried over as many apps as it
// may.
func (s *syncRun) hasReachedLimit() bool {
	return s.params.LimitApps > 0 && s.state.AppsTaken >= s.params.LimitApps
}

// limitProgress makes the progress of a limited session that of the apps that it takes,
// not of the pages that it reads.
func (s *syncRun) limitProgress(p *contract.Progress) {
	limit := s.params.LimitApps
	if limit == 0 {
		return
	}
	p.AppsRead = s.state.AppsTaken
	if p.AppsKnown > limit || p.Uncounted > 0 {
		p.AppsKnown, p.Uncounted = limit, 0
	}
}
