// Command release makes everything that a release consists of, for each platform:
// an archive, an SBOM of each program and, for Linux, a deb and an rpm package; and
// the checksums of all of these. The Makefile calls it.
//
// What it makes follows from the commit alone: not from the folder, the time, the
// umask, the locale or the name of the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// programs are what a release is about, with the folders of their sources.
var programs = map[string]string{"defendersync": "./starter", "defendersync-worker": "./worker"}

// release is one run.
type release struct {
	root     string // of the repository
	out      string // where artefacts go
	tools    string // folder of nfpm and cyclonedx-gomod
	released string // the version that was released last: 0.1.0
	version  string // what is built: 0.1.0 or 0.1.0+1b1d90c
	ldflags  string
	stamp    time.Time // of the commit; of every file in an artefact
	stage    string    // a temporary folder
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	syscall.Umask(0o022) // modes are those of whoever installs the artefacts
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run reads the flags and makes the release.
func run(ctx context.Context, args []string) (err error) {
	var r release
	set := flag.NewFlagSet("release", flag.ContinueOnError)
	set.StringVar(&r.root, "root", ".", "`folder` of the repository")
	set.StringVar(&r.out, "out", "dist", "`folder` that is emptied and filled")
	set.StringVar(&r.tools, "tools", "bin/tools", "`folder` of nfpm and cyclonedx-gomod")
	set.StringVar(&r.released, "released", "", "`version` that was released last")
	set.StringVar(&r.version, "version", "", "`version` of what is built")
	set.StringVar(&r.ldflags, "ldflags", "", "`flags` for the linker")
	stamp := set.String("date", "", "`time` of the commit, RFC 3339")
	platforms := set.String("platforms", "", "what to build for: `linux/amd64,…`")
	if err := set.Parse(args); err != nil {
		return err
	}
	if r.stamp, err = time.Parse(time.RFC3339, *stamp); err != nil {
		return fmt.Errorf("-date is that of a commit, and this is no git repository with one: %w", err)
	}
	if r.stage, err = os.MkdirTemp("", "defendersync-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.stage)
	for _, folder := range []*string{&r.root, &r.out, &r.tools} {
		if *folder, err = filepath.Abs(*folder); err != nil {
			return err
		}
	}
	return r.makeAll(ctx, strings.Split(*platforms, ","))
}

// makeAll makes the artefacts of all platforms and their checksums.
func (r release) makeAll(ctx context.Context, platforms []string) error {
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, name := range platforms {
		started := time.Now()
		goos, arch, ok := strings.Cut(name, "/")
		if !ok {
			return fmt.Errorf("platform %q: use linux/amd64 and the like", name)
		}
		p := platform{os: goos, arch: arch, folder: filepath.Join(r.stage, goos+"-"+arch)}
		if err := r.buildPrograms(ctx, p); err != nil {
			return err
		}
		if err := r.makePlatform(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%s: %.0f s\n", name, time.Since(started).Seconds())
	}
	if err := r.writeChart(); err != nil {
		return err
	}
	return writeChecksums(r.out)
}

// makePlatform makes the artefacts of one platform, of its programs.
func (r release) makePlatform(ctx context.Context, p platform) error {
	docs, err := r.makeDocuments(ctx, p)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	var archive, bills, packages error
	all.Go(func() { archive = r.writeArchive(p, docs) })
	all.Go(func() { bills = r.writeBills(ctx, p) })
	if p.os == "linux" {
		packages = r.writePackages(ctx, p, docs)
	}
	all.Wait()
	return errors.Join(archive, bills, packages)
}

// platform is what programs are built for.
type platform struct {
	os, arch string
	folder   string // of its programs
}

// program is the path of a program.
func (p platform) program(name string) string {
	if p.os == "windows" {
		name += ".exe"
	}
	return filepath.Join(p.folder, name)
}

// buildPrograms builds the programs of a platform.
func (r release) buildPrograms(ctx context.Context, p platform) error {
	for name, source := range programs {
		cmd := r.command(ctx, "go", "build", "-ldflags", r.ldflags, "-o", p.program(name), source)
		cmd.Env = append(cmd.Env, "GOOS="+p.os, "GOARCH="+p.arch)
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("build %s for %s/%s: %w", name, p.os, p.arch, err)
		}
	}
	return nil
}

// command is a command in the repository that prints to standard error.
func (r release) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = r.root, os.Stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.stamp.Unix()), "TZ=UTC", "LC_ALL=C")
	return cmd
}
