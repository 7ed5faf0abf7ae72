package localrun

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// LockDatabase locks a Temporal server's file against a second server, whose writes
// would undo the first one's. The system releases the lock when the process ends,
// however it ends.
func LockDatabase(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, privateFile)
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, Usagef("%s is in use by another Temporal server: stop that one, or use another file", path)
		}
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	return lock, nil
}
