package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeBills writes the bill of materials (CycloneDX) of each program: the modules
// that are linked, Go's standard library, and their licences.
func (r release) writeBills(ctx context.Context, p platform) error {
	for name := range programs {
		path := filepath.Join(r.out, fmt.Sprintf("%s_%s_%s_%s.cdx.json", name, r.version, p.os, p.arch))
		cmd := r.command(ctx, filepath.Join(r.tools, "cyclonedx-gomod"), "bin", "-json", "-std", "-licenses", "-noserial", "-notimestamp",
			"-version", "v"+r.version, "-output", path, p.program(name))
		var told strings.Builder
		cmd.Stderr = &told // it warns that the product itself is in no module cache
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("bill of materials of %s: %w\n%s", name, err, told.String())
		}
		if err := os.Chmod(path, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeChecksums writes SHA256SUMS, as sha256sum --check reads it.
func writeChecksums(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var lines []string
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), e.Name()))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return writeFile(filepath.Join(folder, "SHA256SUMS"), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(lines, ""))
		return err
	})
}
