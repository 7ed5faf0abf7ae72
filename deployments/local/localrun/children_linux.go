package localrun

import (
	"os/exec"
	"syscall"
)

// prepareChild gives a child a process group of its own, so that the terminal's
// Ctrl-C reaches only us and children stop in our order; and has the kernel
// kill it when the thread that starts it ends, which is our end: the main
// goroutine is locked to its thread.
func prepareChild(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
