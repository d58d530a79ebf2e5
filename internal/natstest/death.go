//go:build linux || freebsd

package natstest

import "syscall"

// attributes lets the system kill a server when the thread that started it ends, and so when this process
// ends in any way.
func attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: ownGroup}
}
