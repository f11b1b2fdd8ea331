package helliobulk

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the file's lock, or returns ErrLocked. The byte that it locks
// is far behind the end, because a lock keeps others from reading as well.
func lockFile(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}

// unlockFile leaves it to closing.
func unlockFile(*os.File) {}
