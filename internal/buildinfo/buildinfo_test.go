package buildinfo

import (
	"runtime/debug"
	"strings"
	"testing"
)

const revision = "1b1d90cd09e0a0654faf9bdc6326330118d2b87c"

// recorded is what the Go command notes of a build.
func recorded(version string, settings ...string) *debug.BuildInfo {
	b := &debug.BuildInfo{Main: debug.Module{Path: "defendersync", Version: version}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		b.Settings = append(b.Settings, debug.BuildSetting{Key: key, Value: value})
	}
	return b
}

func TestABuildIsDescribedByWhateverRecordedIt(t *testing.T) {
	linked := Info{Version: "0.1.0", Commit: revision, Date: "2026-11-27T09:14:02Z"}
	vcs := []string{"vcs.revision=" + revision, "vcs.time=2026-11-27T09:14:02Z"}
	for name, tt := range map[string]struct {
		linked   Info
		recorded *debug.BuildInfo
		want     string // before the version of Go
		modified bool
	}{
		"a release":                         {linked, nil, "defendersync 0.1.0 (commit 1b1d90cd09e0 of 2026-11-27 09:14 UTC, go", false},
		"the linker goes first":             {linked, recorded("v9.9.9", "vcs.revision=0000"), "defendersync 0.1.0 (commit 1b1d90cd09e0 of 2026-11-27 09:14 UTC, go", false},
		"made of changed files":             {Info{Version: "0.1.0+1b1d90c-dirty", Commit: revision}, nil, "defendersync 0.1.0+1b1d90c-dirty (commit 1b1d90cd09e0, changed since, go", true},
		"go build in a checkout":            {Info{}, recorded("v0.1.1-0.20261127091402-1b1d90cd09e0", vcs...), "defendersync 0.1.1-0.20261127091402-1b1d90cd09e0 (commit 1b1d90cd09e0 of 2026-11-27 09:14 UTC, go", false},
		"go build of changed files":         {Info{}, recorded("(devel)", append(vcs, "vcs.modified=true")...), "defendersync dev (commit 1b1d90cd09e0 of 2026-11-27 09:14 UTC, changed since, go", true},
		"go build without version control":  {Info{}, recorded("(devel)"), "defendersync dev (go", false},
		"a program that records nothing":    {Info{}, nil, "defendersync dev (go", false},
		"a date that is no date stays away": {Info{Version: "1.2.3", Commit: "1b1d90c", Date: "yesterday"}, nil, "defendersync 1.2.3 (commit 1b1d90c, go", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := resolve(tt.linked, tt.recorded)
			got.SDK = "1.50.0"
			if text := got.Describe("defendersync"); !strings.HasPrefix(text, tt.want) || !strings.HasSuffix(text, ", Temporal SDK 1.50.0, "+got.Platform+")") {
				t.Errorf("it is described as\n%s, not as\n%s…", text, tt.want)
			}
			if got.Modified != tt.modified {
				t.Errorf("modified: %v", got.Modified)
			}
		})
	}
}
