package completion

import _ "embed"

var (
	//go:embed shell/bash.sh
	bashScript string
	//go:embed shell/zsh.sh
	zshScript string
	//go:embed shell/fish.sh
	fishScript string
)

// ListShells names the shells that there is a script for.
func ListShells() []string { return []string{"bash", "zsh", "fish"} }

// FindScript returns the script of a shell; false if there is none.
func FindScript(shell string) (string, bool) {
	text, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[shell]
	return text, ok
}
