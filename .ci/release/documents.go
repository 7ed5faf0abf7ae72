package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// document is a file that goes with the programs.
type document struct {
	name string // in archives, with slashes
	data []byte
}

// copied are the files and folders of the repository that go into an archive as
// they are. LICENSE is there as soon as the repository has one.
var copied = []string{
	"README.md", "CHANGELOG.md", "LICENSE", ".env.example", "docs", "deployments/reports.example.toml", "deployments/systemd",
	"deployments/prometheus/alerts.yaml", "deployments/prometheus/prometheus.yaml", "deployments/grafana/defendersync.json",
}

// makeDocuments makes what goes with a platform's programs: documentation, the
// manual page, completions, and the licences of the modules that are linked.
func (r release) makeDocuments(ctx context.Context, p platform) ([]document, error) {
	docs, err := readCopied(os.DirFS(r.root))
	if err != nil {
		return nil, err
	}
	for name, args := range map[string]string{
		"man/defendersync.1": "man", "completions/defendersync.bash": "completion bash",
		"completions/_defendersync": "completion zsh", "completions/defendersync.fish": "completion fish",
	} {
		text, err := r.askProgram(ctx, strings.Fields(args))
		if err != nil {
			return nil, err
		}
		docs = append(docs, document{name, text})
	}
	licences, err := r.collectLicences(ctx, p)
	if err != nil {
		return nil, err
	}
	docs = append(docs, document{"THIRD-PARTY-LICENSES.txt", licences})
	slices.SortFunc(docs, func(a, b document) int { return strings.Compare(a.name, b.name) })
	return docs, nil
}

// readCopied reads the copied files.
func readCopied(repository fs.FS) (docs []document, err error) {
	for _, top := range copied {
		err := fs.WalkDir(repository, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(repository, name)
			docs = append(docs, document{name, data})
			return err
		})
		if err != nil && !(top == "LICENSE" && os.IsNotExist(err)) {
			return nil, err
		}
	}
	return docs, nil
}

// askProgram runs the command line of this machine's own platform. It is built for the
// first question, unless that platform has been built already.
func (r release) askProgram(ctx context.Context, args []string) ([]byte, error) {
	path := filepath.Join(r.stage, runtime.GOOS+"-"+runtime.GOARCH, "defendersync")
	if _, err := os.Stat(path); err != nil {
		if err := r.command(ctx, "go", "build", "-ldflags", r.ldflags, "-o", path, programs["defendersync"]).Run(); err != nil {
			return nil, fmt.Errorf("build defendersync for this machine: %w", err)
		}
	}
	text, err := r.command(ctx, path, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("defendersync %s: %w", strings.Join(args, " "), err)
	}
	return text, nil
}
