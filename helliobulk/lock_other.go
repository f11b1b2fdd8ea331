//go:build !windows && (!unix || solaris || aix)

package helliobulk

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock two processes could send one batch.
func lockFile(*os.File) error { return errors.ErrUnsupported }

func unlockFile(*os.File) {}
