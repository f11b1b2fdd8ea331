package helliotest

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// namedURL is a URL of an option, which is checked when all options are known.
type namedURL struct{ option, url string }

// AllowHTTPCallbacks allows http URLs on any host for webhooks and USSD apps.
// Without it, http is only for loopback hosts.
func AllowHTTPCallbacks() Option {
	return func(c *config) error {
		c.httpCallbacks = true
		return nil
	}
}

// checkURLs checks the URLs of options, once all options are known.
func (c *config) checkURLs() error {
	for _, u := range c.urls {
		if !c.mayBeCalled(u.url) {
			return fmt.Errorf("%s: %q can't be called: want an https URL, or http on a loopback "+
				"host "+
				"(on any with AllowHTTPCallbacks)", u.option, u.url)
		}
	}
	return nil
}

// mayBeCalled reports whether the API would call a URL: over https, or over
// http on a loopback host, where a test listens.
func (c *config) mayBeCalled(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return false
	}
	return u.Scheme == "https" ||
		u.Scheme == "http" && (c.httpCallbacks || isLoopback(u.Hostname()))
}

// isLoopback reports whether a host is this machine: localhost in any case,
// 127.0.0.0/8 or ::1.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
