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

// Shells names the shells that there is a script for.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Script returns the script of a shell; false if there is none.
func Script(shell string) (string, bool) {
	text, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[shell]
	return text, ok
}
