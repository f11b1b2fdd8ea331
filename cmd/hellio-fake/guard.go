package main

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// hostGuard keeps web pages from elsewhere out: a browser sends their Origin,
// or, after DNS rebinding, their Host. It stands before every route.
type hostGuard struct {
	port   string
	remote bool   // other machines reach the program, by names that it can't know
	name   string // this machine's
}

func newGuard(addr net.Addr) hostGuard {
	host, port, _ := net.SplitHostPort(addr.String()) // of a listener: it has both
	name, _ := os.Hostname()                          // without a name, none is ours
	return hostGuard{port: port, remote: !isLoopback(host), name: name}
}

// wrap lets only calls from here through to next.
func (g hostGuard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !g.ownHost(r.Host) {
			refuse(http.StatusForbidden, "foreign_host",
				"The Host header does not name this program.").write(rw)
			return
		}
		for _, origin := range r.Header.Values("Origin") {
			if !g.ownOrigin(origin, r.Host) {
				refuse(http.StatusForbidden, "foreign_origin",
					"The Origin header names another site.").write(rw)
				return
			}
		}
		next.ServeHTTP(rw, r)
	})
}

// ownHost reports whether a Host header means this program. Where other
// machines reach it, the port may be mapped, and the host is any that no public
// DNS name can be.
func (g hostGuard) ownHost(host string) bool {
	name, port := splitHost(host)
	if !g.remote {
		return isLoopback(name) && port == g.port
	}
	_, err := netip.ParseAddr(name)
	return name != "" && (err == nil || isLocalName(name) || strings.EqualFold(name, g.name))
}

// ownOrigin reports whether a page of this program sent the call.
func (g hostGuard) ownOrigin(origin, host string) bool {
	site, plain := strings.CutPrefix(origin, "http://")
	if g.remote && strings.EqualFold(site, host) {
		return plain
	}
	name, port := splitHost(site)
	return plain && isLoopback(name) && port == g.port
}

// splitHost splits host:port, where the port may be missing.
func splitHost(host string) (name, port string) {
	if name, port, err := net.SplitHostPort(host); err == nil {
		return name, port
	}
	return strings.Trim(host, "[]"), "80"
}

// isLocalName reports whether a name belongs to a private network by its form:
// localhost, a container's name, hellio-fake.internal.
func isLocalName(name string) bool {
	name = strings.ToLower(name)
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") ||
		strings.HasSuffix(name, ".internal")
}
