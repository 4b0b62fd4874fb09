//go:build !linux

package exec

import (
	"sync"

	"golang.org/x/sys/unix"
)

// bootID tells this run of this machine from all others.
var bootID = sync.OnceValue(func() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid")
	return id
})
