package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/near"
)

// settings are what the flags say.
type settings struct {
	addr        string
	allowRemote bool
	version     bool
	token       string
	world       []helliotest.Option // of every world, unless POST worlds says otherwise
	opened      []helliotest.Option // of the first world alone
	retention   int                 // how much a world keeps of each kind; 0 = all
}

// defaultRetention is how much a world keeps of each kind (decided).
const defaultRetention = 100_000

// parseFlags reads the flags; for -help it writes them to stderr and returns
// flag.ErrHelp. No error quotes the token.
func parseFlags(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{
		retention: defaultRetention,
		world:     []helliotest.Option{helliotest.WithRetention(defaultRetention)},
	}
	flags := flag.NewFlagSet("hellio-fake", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run writes the error, once and without all the flags
	flags.Usage = func() {}
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8420",
		"`host:port` to listen on; port 0 picks a free one")
	flags.BoolVar(&s.allowRemote, "allow-remote", false,
		"allow an interface that other machines reach")
	flags.StringVar(&s.token, "token", helliotest.DefaultToken, "Bearer `token` of the first world")
	s.option(flags, "balance", "`amount` in the wallet of a new world (default 100.0000)",
		balanceOption)
	s.option(flags, "senders",
		"approved sender `names`, separated by commas (default HELLIO,ACME,HellioSMS)", sendersOption)
	s.option(flags, "rate-limit", "`requests` per minute and token; 0 = no limit (default 120)",
		numberOption(helliotest.WithRateLimit))
	s.option(flags, "otp-limit",
		"otp/send `calls` per minute and caller's address; 0 = no limit (default 10)",
		numberOption(helliotest.WithOTPLimit))
	flags.BoolFunc("allow-http-callbacks",
		"allow http URLs on any host, such as http://app:3000, for webhooks and USSD apps",
		s.allowHTTPCallbacks)
	flags.BoolVar(&s.version, "version", false, "print the version and end")
	s.option(flags, "seed", "`number` that references and codes come from (default 0)", seedOption)
	s.option(flags, "retention",
		"`number` of rows of each kind that a world keeps, and of KiB of bodies; 0 = all "+
			"(default 100000)", numberOption(s.keep))
	flags.Func("observations",
		"`file` of hellio-verify, whose observations of the real API every world follows",
		func(path string) error { return s.follow(path, stderr) })
	flags.Func("open",
		"`file` with a snapshot or a failed test's dump (HELLIOTEST_DUMP), for the first world; "+
			"other flags do not change it", s.open)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stderr,
				"hellio-fake serves a fake of the Hellio Messaging API. Its flags:")
			flags.SetOutput(stderr)
			flags.PrintDefaults()
		}
		return nil, undefined(flags, err)
	}
	if s.version {
		return s, nil
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return s, errors.Join(s.checkAddr(), s.checkToken())
}

// undefined adds a near flag to the error of a flag that is not defined.
func undefined(flags *flag.FlagSet, err error) error {
	name, found := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !found {
		return err
	}
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	if nearest := near.Name(name, known); nearest != "" {
		return fmt.Errorf("%w, did you mean -%s?", err, nearest)
	}
	return err
}

// option adds a flag that shapes the worlds. It tries the value out, so that an
// error names the flag.
func (s *settings) option(
	flags *flag.FlagSet, name, usage string, read func(string) (helliotest.Option, error),
) {
	flags.Func(name, usage, func(text string) error {
		opt, err := read(text)
		if err != nil {
			return err
		}
		trial, err := helliotest.Start(opt)
		if err != nil {
			return err
		}
		s.world = append(s.world, opt)
		return trial.Close()
	})
}

// open reads the first world from a file.
func (s *settings) open(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s.opened = []helliotest.Option{helliotest.FromSnapshot(data)}
	trial, err := helliotest.Start(s.opened...)
	if err != nil {
		return err
	}
	return trial.Close()
}

// follow reads an observation file, and writes to stderr what no world can
// follow.
func (s *settings) follow(path string, stderr io.Writer) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	opt := helliotest.WithObservations(data)
	trial, err := helliotest.Start(opt)
	if err != nil {
		return err
	}
	for _, b := range trial.Behaviours() {
		if b.Observed != nil && !b.Observed.Applied {
			fmt.Fprintln(stderr, "hellio-fake: observed, not followed: "+b.ID)
		}
	}
	s.world = append(s.world, opt)
	return trial.Close()
}

func balanceOption(
	text string,
) (helliotest.Option, error) {
	return helliotest.WithBalance(text), nil
}

func sendersOption(text string) (helliotest.Option, error) {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return helliotest.WithSenders(names...), nil
}

// numberOption returns the parser of a flag whose option takes a whole number.
func numberOption(option func(int) helliotest.Option) func(string) (helliotest.Option, error) {
	return func(text string) (helliotest.Option, error) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, errors.New("not a whole number")
		}
		return option(n), nil
	}
}

// allowHTTPCallbacks is the flag of that name, which may have a value:
// -allow-http-callbacks=false.
func (s *settings) allowHTTPCallbacks(text string) error {
	allow, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("neither true nor false")
	}
	if allow {
		s.world = append(s.world, helliotest.AllowHTTPCallbacks())
	}
	return nil
}

func seedOption(text string) (helliotest.Option, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, errors.New("not a whole number of 0 or more")
	}
	return helliotest.WithSeed(n), nil
}

func (s *settings) keep(n int) helliotest.Option {
	s.retention = n
	return helliotest.WithRetention(n)
}

// checkAddr refuses to be reached by other machines unless -allow-remote says
// so. Without that flag no name but localhost is looked up.
func (s *settings) checkAddr() error {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("-addr: %q is not a port", port)
	}
	if !s.allowRemote && !isLoopback(host) {
		return fmt.Errorf("-addr %s can be reached by other machines, which could read every "+
			"message; -allow-remote allows it", s.addr)
	}
	return nil
}

// isLoopback reports whether a host, a name or an IP address, is this machine
// and can't be another.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (s *settings) checkToken() error {
	if !isToken(s.token) {
		return errors.New("-token must be visible ASCII without spaces, and not empty")
	}
	return nil
}

func isToken(text string) bool {
	return text != "" &&
		strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
