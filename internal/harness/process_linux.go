package harness

import (
	"os"
	"syscall"
)

// attributes makes a child die with its parent, so that a test that is killed
// leaves no process behind.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// peakOf is the most resident memory that a program had that has ended, in
// bytes.
func peakOf(ended *os.ProcessState) int64 {
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
