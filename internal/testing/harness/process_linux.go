package harness

import "syscall"

// attributes makes a child die with its parent, so that a test that is killed
// leaves no process behind, and run as another user where one is named.
func attributes(user *Account) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if user != nil {
		a.Credential = &syscall.Credential{Uid: user.UID, Gid: user.GID}
	}
	return a
}
