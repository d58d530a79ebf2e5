//go:build !linux && !freebsd

package natstest

import "syscall"

// attributes cannot tie a server to this process: if this process is killed, the servers go on.
func attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup}
}
