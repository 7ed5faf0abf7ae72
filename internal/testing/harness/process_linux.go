package harness

import "syscall"

// attributes makes a child die with its parent, so that a test that is killed
// leaves no process behind.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
