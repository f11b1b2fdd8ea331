// Package segments compares the segments that the fake counts with those of a
// library that makes the PDUs.
package segments
