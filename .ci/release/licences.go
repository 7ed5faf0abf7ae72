package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile is a file of a module that has to go with what is linked of it.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-._].*)?$`)

// collectLicences returns the licences of all that a platform's programs link: Go,
// the modules, and what the dashboard embeds.
func (r release) collectLicences(ctx context.Context, p platform) ([]byte, error) {
	folders, err := r.listModules(ctx)
	if err != nil {
		return nil, err
	}
	linked, err := listLinked(p)
	if err != nil {
		return nil, err
	}
	goroot, err := r.command(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("The programs of defendersync contain the following, under the licences given.\n")
	if err := appendLicences(&b, "Go and its standard library", strings.TrimSpace(string(goroot))); err != nil {
		return nil, err
	}
	if err := appendLicences(&b, "Chart.js", filepath.Join(r.root, "internal/reporting/page/assets")); err != nil {
		return nil, err
	}
	for _, module := range linked {
		folder, ok := folders[module]
		if !ok {
			return nil, fmt.Errorf("module %s is linked, and not in the module's list", module)
		}
		if err := appendLicences(&b, module, folder); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// listModules lists the folders of the product's modules, by path and version.
func (r release) listModules(ctx context.Context) (map[string]string, error) {
	text, err := r.command(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Version}}\t{{.Dir}}", "all").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m all: %w", err)
	}
	folders := map[string]string{}
	for line := range strings.Lines(string(text)) {
		module, folder, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		folders[module] = folder
	}
	return folders, nil
}

// listLinked lists the modules that a platform's programs link.
func listLinked(p platform) (modules []string, err error) {
	for name := range programs {
		info, err := buildinfo.ReadFile(p.program(name))
		if err != nil {
			return nil, err
		}
		for _, m := range info.Deps {
			modules = append(modules, m.Path+" "+m.Version)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules), nil
}

// appendLicences appends the licence files of a folder.
func appendLicences(b *bytes.Buffer, title, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("the licence of %s: %w", title, err)
	}
	fmt.Fprintf(b, "\n%s\n%s\n%s\n", strings.Repeat("=", 78), title, strings.Repeat("=", 78))
	found := false
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s\n", bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		found = true
	}
	if !found {
		b.WriteString("\n(its module carries no licence file)\n")
	}
	return nil
}
