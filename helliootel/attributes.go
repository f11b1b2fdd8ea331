package helliootel

import (
	"log/slog"
	"net"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Keys that the semantic conventions do not have. Waits are in seconds.
const (
	operationKey  = attribute.Key("hellio.operation")
	outcomeKey    = attribute.Key("hellio.outcome")
	attemptsKey   = attribute.Key("hellio.attempts")
	replayedKey   = attribute.Key("hellio.replayed")
	reasonKey     = attribute.Key("hellio.retry.reason")
	waitKey       = attribute.Key("hellio.wait.duration")
	limitScopeKey = attribute.Key("hellio.rate_limit.scope")
)

// serverOf returns server.address and server.port.
func serverOf(address string) []attribute.KeyValue {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return []attribute.KeyValue{semconv.ServerAddress(host), semconv.ServerPort(port)}
}

// errorType returns the value of error.type for an error of the client, which
// logs its class without anything that was sent or received.
func errorType(err error) string {
	v, ok := err.(slog.LogValuer)
	if !ok {
		return semconv.ErrorTypeOther.Value.AsString()
	}
	known := map[string]string{}
	for _, a := range v.LogValue().Group() {
		known[a.Key] = a.Value.String()
	}
	switch {
	case known["cause"] != "":
		return known["cause"]
	case known["kind"] == "decode", known["status"] == "":
		return known["kind"]
	default:
		return known["status"]
	}
}
