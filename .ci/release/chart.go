package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// chartFolder is the Helm chart. Some of its files are links to others of the repository.
const chartFolder = "deployments/helm/defendersync"

// writeChart writes the archive of the Helm chart, from which Helm installs it.
func (r release) writeChart() error {
	entries, err := readChart(os.DirFS(r.root))
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(r.out, fmt.Sprintf("defendersync-chart_%s.tgz", r.version)), func(w io.Writer) error { return writeTar(w, entries, r.stamp) })
}

// readChart reads the files of the chart, links as what they lead to.
func readChart(repository fs.FS) (entries []entry, err error) {
	err = fs.WalkDir(repository, chartFolder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(repository, name)
		entries = append(entries, entry{path.Base(chartFolder) + strings.TrimPrefix(name, chartFolder), 0o644, data})
		return err
	})
	return entries, err
}
