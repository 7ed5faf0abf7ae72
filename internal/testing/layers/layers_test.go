package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module, inner = "defendersync/", "internal/"

// pkg is a package as `go list` describes it.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// shorten is an import path as the tables have it.
func shorten(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), inner)
}

// listPackages asks the go command for the module's packages.
func listPackages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[shorten(p.ImportPath)] = p
	}
}

// floorOf is the number of a package's layer, counted from above; -1: it has none.
func floorOf(name string) int {
	return slices.IndexFunc(layers, func(l layer) bool { return slices.Contains(l.packages, name) })
}

func isEquipment(name string) bool { return covers(equipment, name) }

// covers reports whether a path is another or stands below it.
func covers(path, name string) bool { return name == path || strings.HasPrefix(name, path+"/") }

// TestImportsGoDown: see layers.
func TestImportsGoDown(t *testing.T) {
	for name, p := range listPackages(t) {
		from := floorOf(name)
		if from < 0 && !isEquipment(name) {
			t.Errorf("%s has no layer: add it to layers in internal/testing/layers/layers.go, and to the layout in docs/architecture.md", name)
			continue
		}
		for _, path := range p.Imports {
			if !strings.HasPrefix(path, module) {
				continue
			}
			switch to := shorten(path); {
			case isEquipment(name) && floorOf(to) == 0:
				t.Errorf("%s imports %s: equipment for tests imports no program", name, to)
			case isEquipment(name):
			case floorOf(to) < 0 && !isEquipment(to): // reported once, above
			case isEquipment(to):
				t.Errorf("%s imports %s, which is for tests only", name, to)
			case floorOf(to) <= from:
				t.Errorf("%s imports %s, which is not below it: let it take what it needs as a value, a func or an interface of its own,"+
					" move the shared part down, or, if the layers are wrong, change them in internal/testing/layers/layers.go", name, to)
			}
		}
	}
}

// TestBarsHold: see bars.
func TestBarsHold(t *testing.T) {
	all := listPackages(t)
	for _, b := range bars {
		for name, p := range all {
			if !slices.ContainsFunc(b.from, func(from string) bool { return covers(from, name) }) {
				continue
			}
			for _, dep := range p.Deps {
				if slices.ContainsFunc(b.never, func(never string) bool { return covers(never, shorten(dep)) || strings.HasPrefix(dep, never+"/v") }) {
					t.Errorf("%s links %s, by way of %s: %s", name, dep, strings.Join(wayTo(all, name, dep), " → "), b.why)
				}
			}
		}
	}
}

// TestWorkflowsLinkNoHTTPOfOurs: none of our packages that workflows link uses
// the network. Temporal's SDK does, for itself.
func TestWorkflowsLinkNoHTTPOfOurs(t *testing.T) {
	all := listPackages(t)
	for _, dep := range append(all["workflows"].Deps, all["workflows"].ImportPath) {
		if p, ours := all[shorten(dep)]; ours {
			for _, path := range p.Imports {
				if path == "net/http" || path == "net/smtp" {
					t.Errorf("workflows link %s, which uses %s", dep, path)
				}
			}
		}
	}
}

// wayTo is a chain of imports from one of our packages to a path.
func wayTo(all map[string]pkg, from, to string) []string {
	p := all[from]
	if slices.Contains(p.Imports, to) {
		return []string{from, shorten(to)}
	}
	for _, path := range p.Imports {
		if next, ours := all[shorten(path)]; ours && (path == to || slices.Contains(next.Deps, to)) {
			return append([]string{from}, wayTo(all, shorten(path), to)...)
		}
	}
	return []string{from, "…", shorten(to)}
}

// TestTablesNameWhatExists: a package that is gone leaves no line behind, and a
// bar that bars nothing is a mistake in spelling.
func TestTablesNameWhatExists(t *testing.T) {
	all := listPackages(t)
	known := func(path string) bool {
		for name := range all {
			if covers(path, name) {
				return true
			}
		}
		return strings.Contains(path, ".")
	}
	for _, l := range layers {
		for _, name := range l.packages {
			if _, ok := all[name]; !ok {
				t.Errorf("layer %s names %s, which does not exist", l.name, name)
			}
		}
	}
	for _, b := range bars {
		for _, path := range append(b.from, b.never...) {
			if !known(path) {
				t.Errorf("a bar names %s, which does not exist", path)
			}
		}
	}
}
