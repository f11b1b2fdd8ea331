//go:build unix && !solaris && !aix

package helliobulk

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the file's lock, or returns ErrLocked.
func lockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// unlockFile releases the lock for all who share the file.
func unlockFile(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // closing releases it as well
}
