package hellioshadow

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/hellio-go/hellio/internal/shapes"
)

const (
	defaultPerSecond = 100
	defaultMaxBody   = 256 << 10

	// maxUnknown limits the distinct findings that the document lacks, because
	// a server can make up any number of member names.
	maxUnknown = 1000
)

// Shadow compares answers and counts what it sees. It is safe for concurrent
// use. Several clients may share one.
type Shadow struct {
	found     func(Finding)
	logger    *slog.Logger
	perSecond int
	maxBody   int

	table  *shapes.Table
	routes []route

	gate gate

	mu       sync.Mutex // guards the fields below; comparing only tries to lock it
	answers  map[answerKey]*answer
	unknown  map[findingKey]*Finding
	reported map[findingKey]bool // contradictions
	compared int
}

// An Option is a setting of [New].
type Option func(*Shadow)

// WithFinding sets the function that is called once per new finding. It runs on
// the goroutine of the call, so it must be quick. Calls may be concurrent.
func WithFinding(found func(Finding)) Option {
	return func(s *Shadow) { s.found = found }
}

// WithLogger sets the logger that gets one warning per new finding.
func WithLogger(l *slog.Logger) Option {
	return func(s *Shadow) { s.logger = l }
}

// WithPerSecond sets how many answers are compared per second. Default 100, for
// n below 1 too.
func WithPerSecond(n int) Option {
	return func(s *Shadow) { s.perSecond = n }
}

// WithMaxBody sets the largest body in bytes that is compared. Default 256 KiB,
// for a size below 1 too.
func WithMaxBody(bytes int) Option {
	return func(s *Shadow) { s.maxBody = bytes }
}

// New returns a Shadow. It starts no goroutine.
func New(opts ...Option) *Shadow {
	table, err := shapes.Load()
	if err != nil {
		panic(err) // the table is a part of this program, and tested
	}
	s := &Shadow{
		table:    table,
		routes:   routesOf(table),
		answers:  make(map[answerKey]*answer),
		unknown:  make(map[findingKey]*Finding),
		reported: make(map[findingKey]bool),
	}
	for _, opt := range opts {
		opt(s)
	}
	if s.perSecond < 1 {
		s.perSecond = defaultPerSecond
	}
	if s.maxBody < 1 {
		s.maxBody = defaultMaxBody
	}
	return s
}

// Wrap returns a [*ShadowTransport] in front of next, for
// [github.com/hellio-go/hellio.WithMiddleware]. A nil next is
// http.DefaultTransport.
func (s *Shadow) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &ShadowTransport{shadow: s, next: next}
}

// gate counts answers and admits as many per second as may be compared.
type gate struct {
	mu       sync.Mutex
	api      string // the base URL of the first answer
	from, to time.Time
	seen     int
	dropped  int
	second   time.Time // begin of the running second
	admitted int       // in it
}

// admit counts an answer and reports whether it may be compared.
func (g *gate) admit(perSecond int, api string) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == 0 {
		g.api, g.from = api, now
	}
	g.seen++
	g.to = now
	if now.Sub(g.second) >= time.Second {
		g.second, g.admitted = now, 0
	}
	if g.admitted >= perSecond {
		g.dropped++
		return false
	}
	g.admitted++
	return true
}

func (g *gate) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped++
}

// emit reports new findings to the logger and the function.
func (s *Shadow) emit(findings []Finding) {
	for _, f := range findings {
		if s.logger != nil {
			s.logger.Warn("hellioshadow: the API differs from its description",
				"at", f.At, "what", f.What, "basis", f.Basis, "behaviour", f.Behaviour)
		}
		if s.found != nil {
			s.found(f)
		}
	}
}
