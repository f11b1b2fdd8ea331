package helliotest

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/hellio-go/hellio/internal/bridge"
	"github.com/hellio-go/hellio/internal/contract"
)

// answersInline reports whether a call may be answered on the caller's
// goroutine: its answer travels no time, and no callback is called.
func (e *engine) answersInline(c *apiCall) bool {
	return e.cfg.latency == 0 && !strings.HasSuffix(c.path, contract.USSDSimulate.Route)
}

// serveInline is serve for a call that must not wait. It returns false, without
// any effect, if a fault may delay the call.
func (e *engine) serveInline(c *apiCall) (a wireAnswer, served bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ft := range e.world.faults {
		if ft.spec.Effect == effectDelay && !ft.spent() && ft.spec.Op.covers(c.calledOp()) {
			return wireAnswer{}, false
		}
	}
	return e.processLocked(c), true
}

// calledOp returns the operation of a call whose route is not found yet; "" if
// there is none.
func (c *apiCall) calledOp() Op {
	if known := routeOf(c.method, c.path); known != nil {
		return Op(known.op.Name)
	}
	return ""
}

var (
	nopCloser         = reflect.TypeOf(io.NopCloser(nil))
	nopCloserWriterTo = reflect.TypeOf(io.NopCloser(new(bytes.Reader)))
)

// inMemory reports whether no read of a body can wait: it is the client's, or a
// body of which net/http knows the length.
func inMemory(body io.ReadCloser) bool {
	if body == nil || body == http.NoBody {
		return true
	}
	if _, ok := body.(bridge.MemoryBody); ok {
		return true
	}
	kind := reflect.TypeOf(body)
	if kind == nopCloser || kind == nopCloserWriterTo {
		switch reflect.ValueOf(body).Field(0).Interface().(type) {
		case *bytes.Reader, *bytes.Buffer, *strings.Reader:
			return true
		}
	}
	return false
}
