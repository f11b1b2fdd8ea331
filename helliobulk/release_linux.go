package helliobulk

import (
	"os"
	"syscall"

	"go.etcd.io/bbolt"
)

// release gives the memory that the mapped file takes back to the kernel; what is read again comes from the file's cache. Within a
// transaction the mapping neither moves nor shrinks.
func release(tx *bbolt.Tx) {
	size := tx.Size() / int64(os.Getpagesize()) * int64(os.Getpagesize())
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(size), syscall.MADV_DONTNEED) // nothing hangs on it
}
