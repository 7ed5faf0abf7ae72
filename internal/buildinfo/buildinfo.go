// Package buildinfo tells what a program was built of: version, commit and date.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Set by the linker, as the Makefile does.
var (
	version string // 0.1.0 of a release, else 0.1.0+1b1d90c; with -dirty if files were changed
	commit  string // 40 hexadecimal digits
	date    string // of the commit, RFC 3339 in UTC
)

// Info is what a program was built of. Commit and Date are empty where neither the
// linker nor the Go command recorded them.
type Info struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"` // 40 hexadecimal digits
	Date     string `json:"date,omitempty"`   // of the commit, RFC 3339 in UTC
	Modified bool   `json:"modified"`         // built of files that differ from the commit
	Go       string `json:"go"`
	SDK      string `json:"temporalSDK"`
	Platform string `json:"platform"` // linux/amd64
}

// Read returns what this program was built of. sdk is the version of the Temporal
// SDK, which this package does not know.
func Read(sdk string) Info {
	recorded, _ := debug.ReadBuildInfo() // nil: a program that was built without modules
	return resolve(Info{Version: version, Commit: commit, Date: date, SDK: sdk}, recorded)
}

// Version returns the version alone.
func Version() string { return Read("").Version }

// resolve completes what the linker set by what the Go command recorded, which is
// all there is after a plain go build or go install.
func resolve(i Info, recorded *debug.BuildInfo) Info {
	i.Go, i.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	if i.Version == "" && recorded != nil {
		i.takeRecorded(recorded)
	}
	if i.Version == "" {
		i.Version = "dev"
	}
	i.Modified = i.Modified || strings.HasSuffix(i.Version, "-dirty")
	return i
}

// takeRecorded takes over what the Go command recorded.
func (i *Info) takeRecorded(b *debug.BuildInfo) {
	if v := b.Main.Version; v != "(devel)" {
		i.Version = strings.TrimPrefix(v, "v")
	}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			i.Commit = s.Value
		case "vcs.time":
			i.Date = s.Value
		case "vcs.modified":
			i.Modified = s.Value == "true"
		}
	}
}

// Describe describes a program in one line:
//
//	defendersync 0.1.0 (commit 1b1d90cd09e0 of 2026-11-27 09:14 UTC, go1.26.8, Temporal SDK 1.50.0, linux/amd64)
func (i Info) Describe(program string) string {
	var parts []string
	if i.Commit != "" {
		parts = append(parts, "commit "+i.Commit[:min(12, len(i.Commit))]+i.describeDate())
	}
	if i.Modified {
		parts = append(parts, "changed since")
	}
	parts = append(parts, i.Go, "Temporal SDK "+i.SDK, i.Platform)
	return fmt.Sprintf("%s %s (%s)", program, i.Version, strings.Join(parts, ", "))
}

func (i Info) describeDate() string {
	t, err := time.Parse(time.RFC3339, i.Date)
	if err != nil {
		return ""
	}
	return " of " + t.UTC().Format("2006-01-02 15:04 UTC")
}
