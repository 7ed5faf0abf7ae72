package layers

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw the picture in docs/architecture.md anew")

var page = filepath.Join("..", "..", "..", "docs", "architecture.md")

// Marks around the picture.
const opening, closing = "<!-- layers: drawn by go test ./internal/testing/layers -update -->\n", "<!-- end of layers -->\n"

// drawPicture draws the layers as text.
func drawPicture() string {
	var b strings.Builder
	b.WriteString(opening + "```\n")
	for i, l := range layers {
		if i > 0 {
			b.WriteString("      ↓\n")
		}
		fmt.Fprintf(&b, "%-15s %s\n", l.name, strings.Join(l.packages, "   "))
	}
	b.WriteString("```\n" + closing)
	return b.String()
}

func TestThePictureIsDrawnFromTheLayers(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), opening)
	_, after, closed := strings.Cut(rest, closing)
	if !ok || !closed {
		t.Fatalf("%s has no picture of the layers: add the lines\n%s%s", page, opening, closing)
	}
	want := before + drawPicture() + after
	switch {
	case want == string(text):
	case *update:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the picture in %s is not that of layers.go: run go test ./internal/testing/layers -update", page)
	}
}

// layoutLine is a line of the layout: indentation, folders, description.
var layoutLine = regexp.MustCompile(`^( *)([a-z][\w/]*/(?:, [a-z][\w/]*/)*) +(\S.*)?$`)

// readLayout reads which folders the layout describes, and how.
func readLayout(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "## Layout\n")
	_, block, begun := strings.Cut(rest, "```\n")
	block, _, ended := strings.Cut(block, "```\n")
	if !ok || !begun || !ended {
		t.Fatalf("%s has no layout", page)
	}
	layout := map[string]string{}
	var above []string
	for line := range strings.Lines(block) {
		m := layoutLine.FindStringSubmatch(strings.TrimRight(line, "\n") + " ")
		if m == nil {
			t.Errorf("the layout has a line that can't be read: %q", line)
			continue
		}
		depth := len(m[1]) / 2
		for _, folder := range strings.Split(m[2], ", ") {
			above = append(above[:min(depth, len(above))], strings.TrimSuffix(folder, "/"))
			layout[shorten(module+strings.Join(above, "/"))] = strings.TrimSpace(m[3])
		}
	}
	return layout
}

func TestTheLayoutDescribesEveryPackage(t *testing.T) {
	layout := readLayout(t)
	all := listPackages(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.Contains(name, "/cmd/") {
			continue // described with what it belongs to
		}
		if layout[name] == "" {
			t.Errorf("the layout in %s has no line about %s: say in one line what it is for", page, name)
		}
	}
	for folder, says := range layout {
		if _, ok := all[folder]; !ok && says != "" && !strings.HasPrefix(folder, "deployments") {
			t.Errorf("the layout in %s describes %s, which does not exist", page, folder)
		}
	}
}
