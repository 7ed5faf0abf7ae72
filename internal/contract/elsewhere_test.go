package contract_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestOtherPlacesNameTheSameAttributes: the local run, a module of its own, and
// the README repeat the names of search attributes.
func TestOtherPlacesNameTheSameAttributes(t *testing.T) {
	known := slices.Collect(maps.Values(stringConstants(t)))
	for file, pattern := range map[string]*regexp.Regexp{
		filepath.Join("deployments", "local", "localrun", "front.go"): regexp.MustCompile(`"(Sync[A-Z]\w+)"`),
		"README.md": regexp.MustCompile("(?m)^\\| `(Sync[A-Z]\\w+)` \\|"),
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		names := pattern.FindAllSubmatch(text, -1)
		if len(names) < 5 {
			t.Errorf("%s names %d search attributes", file, len(names))
		}
		for _, name := range names {
			if !slices.Contains(known, string(name[1])) {
				t.Errorf("%s names %s, which is no search attribute", file, name[1])
			}
		}
	}
}
