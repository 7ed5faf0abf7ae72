//go:build !linux

package harness

import "syscall"

func attributes(*Account) *syscall.SysProcAttr { return nil }
