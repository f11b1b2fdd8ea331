//go:build !linux

package helliobulk

import "go.etcd.io/bbolt"

// release leaves it to the system to take mapped memory back.
func release(*bbolt.Tx) {}
