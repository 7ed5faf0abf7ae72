package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Edit replaces a text that a source file has once.
type Edit struct{ File, Old, New string } // File is relative to the repository

// BuildVariant builds the worker from the sources of this repository with some texts
// replaced, as a build of another version, and writes it to a file. The sources stay as
// they are: the compiler is told to read altered copies, which are put beside the file.
func BuildVariant(ctx context.Context, file string, edits ...Edit) error {
	root, err := findRoot(ctx)
	if err != nil {
		return err
	}
	overlay, err := writeOverlay(root, file, edits)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-ldflags", "-s -w", "-o", file, "./worker")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOFLAGS=-trimpath -buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build another version of the worker: %w: %s", err, out)
	}
	return nil
}

// findRoot is the folder of the main module.
func findRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// writeOverlay writes the altered copies, and the file that tells the compiler of them.
func writeOverlay(root, file string, edits []Edit) (string, error) {
	texts := map[string]string{}
	for _, e := range edits {
		if _, there := texts[e.File]; !there {
			text, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return "", err
			}
			texts[e.File] = string(text)
		}
		if n := strings.Count(texts[e.File], e.Old); n != 1 {
			return "", fmt.Errorf("%s has %d times %q, not once", e.File, n, e.Old)
		}
		texts[e.File] = strings.Replace(texts[e.File], e.Old, e.New, 1)
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for name, text := range texts {
		altered := file + "." + strings.ReplaceAll(name, "/", "_")
		if err := os.WriteFile(altered, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(root, name)] = altered
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	return file + ".overlay.json", os.WriteFile(file+".overlay.json", data, 0o600)
}
