package helliotest

import "slices"

// violate notes what no correct client sends. The call is answered as the API would; the note is reported when the fake ends.
func (c *call) violate(what string) {
	if c.f.cfg.lenient {
		return
	}
	path := c.path
	if c.route != nil {
		path = c.route.op.Route
	}
	note := c.method + " " + path + ": " + what
	if !slices.Contains(c.f.violations, note) {
		c.f.violations = append(c.f.violations, note)
	}
}
