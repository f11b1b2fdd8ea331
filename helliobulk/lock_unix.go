//go:build unix && !solaris && !aix && !android

package helliobulk

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock that bbolt will take on the same file, before anything is read from it.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
