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

// Addresses are the doors of a server, as host:port, and the authority that signed its certificate.
type Addresses struct {
	Plain, Secure string
	Refused       string // nobody listens there
	Reset         string // accepts and resets
	ResetTLS      string // resets once the handshake has begun
	StallTLS      string // never answers it
	WrongTLS      string // shows a certificate that nobody knows
	Authority     string // PEM
}

// gates are the listeners of a server.
type gates struct {
	addresses Addresses
	config    *tls.Config
	elsewhere string
	listeners []net.Listener
}

// open listens at every door before it serves one: what is served looks at the addresses.
func (g *gates) open(s *Server) error {
	known, authority, err1 := selfSigned()
	stranger, _, err2 := selfSigned()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	g.config = &tls.Config{Certificates: []tls.Certificate{known}, NextProtos: []string{"h2", "http/1.1"}}
	wrong := &tls.Config{Certificates: []tls.Certificate{stranger}}
	g.addresses.Authority = authority
	g.addresses.Refused = "127.0.0.1:1" // a port that was closed could be given to anybody
	doors := []struct {
		address *string
		serve   func(net.Conn)
	}{
		{&g.addresses.Plain, func(c net.Conn) { s.serveHTTP1(c, c) }},
		{&g.addresses.Secure, s.serveTLS},
		{&g.addresses.Reset, breakTCP},
		{&g.addresses.ResetTLS, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 100))
			breakTCP(c)
		}},
		{&g.addresses.StallTLS, func(c net.Conn) { drain(c, hold) }},
		{&g.addresses.WrongTLS, func(c net.Conn) { _ = tls.Server(c, wrong).Handshake() }},
		{&g.elsewhere, func(net.Conn) { s.note(func() { s.hits++ }) }},
	}
	for _, d := range doors {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*d.address = l.Addr().String()
		g.listeners = append(g.listeners, l)
	}
	for n, d := range doors {
		s.accept(g.listeners[n], d.serve)
	}
	return nil
}

func (g *gates) close() {
	for _, l := range g.listeners {
		_ = l.Close()
	}
}

// fillLocation puts real hosts into a redirect.
func (g *gates) fillLocation(h http.Header) {
	location := h.Get("Location")
	if location == "" {
		return
	}
	location = strings.Replace(location, elsewhere, "https://"+g.elsewhere+"/v1/sms/send", 1)
	h.Set("Location", strings.Replace(location, plainHost, "http://"+g.elsewhere+"/v1/sms/send", 1))
}

func selfSigned() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "storm"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(authority), err
}
