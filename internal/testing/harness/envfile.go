package harness

import (
	"fmt"
	"os"
	"strings"
)

// WriteEnvFile writes settings, NAME=value each, as a file that a shell reads. It is
// readable by its owner alone, since there are tokens among them.
func WriteEnvFile(path string, env []string) error {
	var text strings.Builder
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&text, "%s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}
