// Package bench compares this module's client with net/http alone and with
// other Go SDKs. README.md describes the measurement.
package bench
