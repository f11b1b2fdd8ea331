package helliotest

import "github.com/hellio-go/hellio"

// NewClientLimiter returns the limiter that a Client has outside a bubble.
func NewClientLimiter(f *Fake) hellio.Limiter { return newClientLimiter(f, DefaultToken) }
