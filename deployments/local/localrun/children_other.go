//go:build unix && !linux

package localrun

import (
	"os/exec"
	"syscall"
)

// prepareChild gives a child a process group of its own, so that the terminal's
// Ctrl-C reaches only us and children stop in our order. Outside Linux children
// outlive us when we are killed outright.
func prepareChild(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
