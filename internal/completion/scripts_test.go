package completion

import (
	"os/exec"
	"strings"
	"testing"
)

func TestEveryShellHasAScriptThatAsksForTheWords(t *testing.T) {
	for _, shell := range ListShells() {
		if script, ok := FindScript(shell); !ok || !strings.Contains(script, "__complete") {
			t.Errorf("%s: %v, %q", shell, ok, script)
		}
	}
	if script, ok := FindScript("tcsh"); ok || script != "" {
		t.Errorf("tcsh has %q", script)
	}
}

// TestBashTakesTheScript has a bash complete a line with a name that readline
// takes apart at its colons.
func TestBashTakesTheScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not there")
	}
	script, _ := FindScript("bash")
	const test = `
defendersync() { printf '%s\n' "$*" >&3; printf '2026-11-24T08:00:00Z\tann\n'; [[ "$*" == *2026* ]] || printf 'completed with errors\t\n'; }
COMP_WORDBREAKS=$' \t\n"'"'"'><=;|&(:'
COMP_WORDS=(defendersync sessions show 2026-11-24T08 : 0); COMP_CWORD=5
_defendersync; printf '[%s]' "${COMPREPLY[@]}"; echo
COMP_WORDS=(defendersync sessions show ''); COMP_CWORD=3
_defendersync; printf '[%s]' "${COMPREPLY[@]}"; echo`
	out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c", "exec 3>&1\n"+script+test).CombinedOutput()
	want := "__complete sessions show 2026-11-24T08:0\n[00:00Z]\n__complete sessions show \n[2026-11-24T08:00:00Z][completed\\ with\\ errors]\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: got\n%swant\n%s", err, out, want)
	}
}
