package main

import (
	"os"
	"runtime/debug"
)

const (
	// memoryLimit is what the Go runtime keeps to by collecting garbage, in
	// bytes. Some 15 MB are alive, whatever the size of the tenant.
	memoryLimit = 56 << 20
	// gcPercent lets the heap grow to nine times of what is alive before garbage
	// is collected, so that memoryLimit decides. With Go's default of twice,
	// collecting takes a third of the worker's time, since the rows that stream
	// through are garbage at once.
	gcPercent = 800
)

// tuneMemory trades memory for speed, unless GOGC or GOMEMLIMIT is set.
func tuneMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	}
}
