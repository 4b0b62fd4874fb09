package exec

import (
	"os"
	"strings"
	"sync"
)

// bootID tells this run of this machine from all others.
var bootID = sync.OnceValue(func() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
})
