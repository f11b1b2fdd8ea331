// Package bench measures this module's client beside net/http alone and beside other Go SDKs: see README.md.
package bench
