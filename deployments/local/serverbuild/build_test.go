package serverbuild

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock is a time that is set by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestProgressCountsPackagesAndPassesOnWhatElseGoSays(t *testing.T) {
	var out bytes.Buffer
	c := &clock{}
	p := newProgress(&out, false, c.now)
	p.tell()
	p.countLine("go: downloading example.com/a v1.0.0")
	p.countLine("go: downloading example.com/b v1.0.0")
	p.tell()
	p.setPackages(parseList("a\ttrue\tstale dependency: b\nb\ttrue\tbuild ID mismatch\nc\tfalse\t\nmain\ttrue\t" + inCache + "\n"))
	c.t = c.t.Add(90 * time.Second)
	p.countLine("b")
	p.countLine("b") // not twice
	p.tell()
	p.countLine("a")
	p.tell()
	p.countLine("# a")
	p.sayDone()
	want := `  looking for what has to be compiled, 0s
  downloading: 2 modules, 0s
building the Temporal server: packages to compile: 2 of 4
b
  1 of 2 packages, 1m30s
  2 of 2 packages, linking, 1m30s
# a
built in 1m30s
`
	if got := out.String(); got != want {
		t.Errorf("said:\n%s\nwant:\n%s", got, want)
	}
}

func TestATerminalHasOneLineOfProgress(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, true, (&clock{}).now)
	p.setPackages(map[string]bool{"a": true, "b": true}, 9)
	p.countLine("a")
	p.tell()
	p.countLine("# a")
	p.clear()
	want := "\r\x1b[Kbuilding the Temporal server: packages to compile: 2 of 9\n" +
		"\r\x1b[K  1 of 2 packages, 0s\r\x1b[K# a\n\r\x1b[K"
	if got := out.String(); got != want {
		t.Errorf("said %q\nwant %q", got, want)
	}
}

// writeProgram makes a module with a package of its own, which no cache has.
func writeProgram(t *testing.T, body string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is not installed")
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.com/program\n\ngo 1.26\n",
		"main.go":        "package main\n\nimport \"example.com/program/part\"\n\nfunc main() { println(part.Folder) }\n",
		"part/part.go":   "package part\n\n" + body + "\n",
		"part/folder.go": "package part\n\nconst Folder = " + `"` + filepath.Base(folder) + time.Now().String() + `"` + "\n",
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestAProgramIsBuiltWithItsPackagesCounted(t *testing.T) {
	folder := writeProgram(t, "")
	for _, want := range []string{"building the Temporal server: packages to compile: 2 of ", "building the Temporal server: packages to compile: 0 of "} {
		var out bytes.Buffer
		file := filepath.Join(folder, "program")
		if err := BuildServer(t.Context(), Options{Folder: folder, File: file, Out: &out}); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "built in ") || strings.Contains(out.String(), "example.com") {
			t.Errorf("said:\n%s\nwant %q", &out, want)
		}
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCanNotBeBuiltIsSaidInGosWords(t *testing.T) {
	folder := writeProgram(t, "func broken() int {}")
	var out bytes.Buffer
	err := BuildServer(t.Context(), Options{Folder: folder, File: "program", Out: &out})
	if err == nil || !strings.Contains(err.Error(), "building the Temporal server: exit status 1") || !strings.Contains(out.String(), "part.go:3:") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestABuildCanBeEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := BuildServer(ctx, Options{Folder: writeProgram(t, ""), File: "program", Out: &out}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v\n%s", err, &out)
	}
}
