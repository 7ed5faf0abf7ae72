package standards

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func TestBuildKitFindsNothingWrongWithTheDockerfiles(t *testing.T) {
	for _, name := range []string{"../../Dockerfile", "simulated.Dockerfile"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.Open(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			parsed, err := parser.Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range parsed.Warnings {
				t.Errorf("line %v: %s", w.Location, w.Short)
			}
			lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("%s: %s", rule, message) }})
			stages, _, err := instructions.Parse(parsed.AST, lint)
			if err != nil || len(stages) != 1 || stages[0].BaseName != "scratch" && stages[0].BaseName != "${BASE}" {
				t.Errorf("%d stages, %v", len(stages), err)
			}
		})
	}
}
