package main

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAForeignHostOrOriginIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	p := start(t)
	_, port, _ := net.SplitHostPort(p.addr)
	for _, c := range []struct{ host, origin, code string }{
		{"evil.example", "", "foreign_host"},
		{"evil.example:" + port, "", "foreign_host"},
		{"localhost", "", "foreign_host"},
		{"localhost:1", "", "foreign_host"},
		{"127.0.0.1:1", "", "foreign_host"},
		{"localhost.evil.example:" + port, "", "foreign_host"},
		{"127.0.0.1.evil.example:" + port, "", "foreign_host"},
		{"192.0.2.1:" + port, "", "foreign_host"},
		{"0.0.0.0:" + port, "", "foreign_host"},
		{p.addr, "null", "foreign_origin"},
		{p.addr, "http://evil.example", "foreign_origin"},
		{p.addr, "http://evil.example:" + port, "foreign_origin"},
		{p.addr, "https://" + p.addr, "foreign_origin"},
		{p.addr, "http://127.0.0.1:1", "foreign_origin"},
		{p.addr, "http://localhost", "foreign_origin"},
		{p.addr, "http://" + p.addr + "@evil.example", "foreign_origin"},
		{p.addr, "http://" + p.addr + ".evil.example", "foreign_origin"},
		{p.addr, p.addr, "foreign_origin"},
		{p.addr, "", ""},
		{"localhost:" + port, "", ""},
		{"LocalHost:" + port, "", ""},
		{p.addr, "http://" + p.addr, ""},
		{p.addr, "http://localhost:" + port, ""},
	} {
		for _, path := range []string{
			"/v1/balance", "/_fake/account", "/livez", "/readyz", "/", "/nothing", "/_fake/worlds",
		} {
			req := p.request(http.MethodGet, path, "")
			req.Host = c.host
			if c.origin != "" {
				req.Header.Set("Origin", c.origin)
			}
			got, err := p.try(req)
			require.NoError(t, err)
			if c.code == "" {
				require.NotEqual(t, http.StatusForbidden, got.status, "%+v", c)
				continue
			}
			got.refused(http.StatusForbidden, c.code)
		}
	}
	require.Len(t, p.get("/_fake/requests").list(), 2*5, "what was refused never reached a world")
}

func TestEveryOriginIsChecked(t *testing.T) {
	t.Parallel()
	p := start(t)
	req := p.request(http.MethodGet, "/livez", "")
	req.Header["Origin"] = []string{"http://" + p.addr, "http://evil.example"}
	got, err := p.try(req)
	require.NoError(t, err)
	got.refused(http.StatusForbidden, "foreign_origin")
}

func TestAReachableProgramKnowsPrivateNamesOnly(t *testing.T) {
	t.Parallel()
	g := hostGuard{port: "8420", remote: true, name: "build.example.org"}
	for host, own := range map[string]bool{
		"192.0.2.1:8420":                true,
		"192.0.2.1:9000":                true, // a mapped port
		"[2001:db8::1]:8420":            true,
		"[2001:db8::1]":                 true,
		"localhost:9000":                true,
		"hellio-fake:8420":              true,
		"fake.test.svc.cluster.local":   true,
		"host.docker.internal:8420":     true,
		"Build.example.org:8420":        true,
		"Fake.Test.Local:8420":          true,
		"evil.example:8420":             false,
		"192.0.2.1.evil.example":        false,
		"build.example.org.evil.com:80": false,
		"":                              false,
		":8420":                         false,
	} {
		require.Equal(t, own, g.ownHost(host), host)
	}
	for _, c := range []struct {
		origin, host string
		own          bool
	}{
		{"http://hellio-fake:8420", "hellio-fake:8420", true},
		{"http://localhost:8420", "hellio-fake:8420", true},
		{"http://other:8420", "hellio-fake:8420", false},
		{"https://hellio-fake:8420", "hellio-fake:8420", false},
		{"null", "hellio-fake:8420", false},
		{"hellio-fake:8420", "hellio-fake:8420", false},
	} {
		require.Equal(t, c.own, g.ownOrigin(c.origin, c.host), c.origin)
	}
}

func TestOnlyALoopbackAddressIsUnreachable(t *testing.T) {
	t.Parallel()
	for addr, remote := range map[string]bool{
		"127.0.0.1:8420": false,
		"[::1]:8420":     false,
		"0.0.0.0:8420":   true,
		"[::]:8420":      true,
		"192.0.2.1:8420": true,
	} {
		g := newGuard(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
		require.Equal(t, remote, g.remote, addr)
		require.Equal(t, "8420", g.port)
		name, _ := os.Hostname()
		require.Equal(t, name, g.name)
	}
}

func TestAMachineWithoutANameHasNone(t *testing.T) {
	t.Parallel()
	require.False(t, hostGuard{remote: true}.ownHost(""))
}
