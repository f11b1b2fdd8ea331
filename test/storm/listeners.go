package storm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"
)

// Addresses are the listeners of a server as host:port, and the authority that
// signed its certificate.
type Addresses struct {
	Plain, Secure string
	Refused       string // refuses connections
	Reset         string // accepts and resets
	ResetTLS      string // resets after the handshake began
	StallTLS      string // never answers the handshake
	WrongTLS      string // shows a certificate of an unknown authority
	Authority     string // PEM
}

// listeners are the listening sockets of a server.
type listeners struct {
	addresses Addresses
	config    *tls.Config
	elsewhere string
	sockets   []net.Listener
}

// open listens on every address before it serves the first one, because the
// handlers read the addresses.
func (l *listeners) open(s *Server) error {
	known, authority, err1 := selfSigned()
	stranger, _, err2 := selfSigned()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	l.config = &tls.Config{
		Certificates: []tls.Certificate{known},
		NextProtos:   []string{"h2", "http/1.1"},
	}
	wrong := &tls.Config{Certificates: []tls.Certificate{stranger}}
	l.addresses.Authority = authority
	// The system could assign a port that was closed to another process.
	l.addresses.Refused = "127.0.0.1:1"
	endpoints := []struct {
		address *string
		serve   func(net.Conn)
	}{
		{&l.addresses.Plain, func(c net.Conn) { s.serveHTTP1(c, c) }},
		{&l.addresses.Secure, s.serveTLS},
		{&l.addresses.Reset, breakTCP},
		{&l.addresses.ResetTLS, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 100))
			breakTCP(c)
		}},
		{&l.addresses.StallTLS, func(c net.Conn) { drain(c, hold) }},
		{&l.addresses.WrongTLS, func(c net.Conn) { _ = tls.Server(c, wrong).Handshake() }},
		{&l.elsewhere, func(net.Conn) { s.update(func() { s.hits++ }) }},
	}
	for _, e := range endpoints {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*e.address = socket.Addr().String()
		l.sockets = append(l.sockets, socket)
	}
	for n, e := range endpoints {
		s.accept(l.sockets[n], e.serve)
	}
	return nil
}

func (l *listeners) close() {
	for _, socket := range l.sockets {
		_ = socket.Close()
	}
}

// fillLocation replaces the placeholders of a redirect with real hosts.
func (l *listeners) fillLocation(h http.Header) {
	location := h.Get("Location")
	if location == "" {
		return
	}
	location = strings.Replace(location, elsewhere, "https://"+l.elsewhere+"/v1/sms/send", 1)
	location = strings.Replace(location, plainHost, "http://"+l.elsewhere+"/v1/sms/send", 1)
	h.Set("Location", location)
}

func selfSigned() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "storm"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(authority), err
}
