package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/behaviour/check"
)

// settings are what flags and environment say.
type settings struct {
	token, baseURL string
	spend          amount
	to, sender     string
	write, disrupt bool
	wait           time.Duration
	only           []string
	yes, version   bool
	out            string
}

const production = "https://api.helliomessaging.com/v1"

// parseFlags reads the flags. It returns nil and no error after -help. No error
// quotes the token or the number.
func parseFlags(p program) (*settings, error) {
	s := &settings{token: p.env("HELLIO_API_TOKEN"), baseURL: p.env("HELLIO_BASE_URL")}
	flags := flag.NewFlagSet("hellio-verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("spend", "`amount` that the run may cost, in the account's currency (default 0)",
		func(text string) (err error) {
			s.spend, err = parseAmount(text)
			return err
		})
	flags.StringVar(&s.to, "to", "", "your own `number`, which gets messages and calls")
	flags.StringVar(&s.sender, "sender", "HELLIO", "an approved sender `name`")
	flags.BoolVar(&s.write, "write", false, "also create and delete webhooks and USSD apps")
	flags.BoolVar(&s.disrupt, "disrupt", false,
		"also use up rate windows: other users of the account are refused for up to 60 s")
	flags.DurationVar(&s.wait, "wait", 2*time.Minute, "how long all checks together may wait")
	flags.Func("only", "`ids` or chapters, separated by commas (default all)",
		func(text string) (err error) {
			s.only, err = parseOnly(text)
			return err
		})
	flags.BoolVar(&s.yes, "yes", false, "consent without a question")
	flags.StringVar(&s.out, "out", "", "`file` for the observations")
	flags.BoolVar(&s.version, "version", false, "print the version and end")
	switch err := flags.Parse(p.args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(p.out, "hellio-verify compares the API with the fake's claims. Its flags:")
		flags.SetOutput(p.out)
		flags.PrintDefaults()
		return nil, nil
	case err != nil:
		return nil, err
	case s.version:
		return s, nil
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return s, s.check()
}

var phone = regexp.MustCompile(`^\+?[1-9][0-9]{7,14}$`)

func (s *settings) check() error {
	if s.baseURL == "" {
		s.baseURL = production
	}
	s.baseURL = strings.TrimSuffix(s.baseURL, "/")
	switch {
	case s.token == "":
		return errors.New("HELLIO_API_TOKEN is not set")
	case s.spend > 0 && s.to == "":
		return errors.New("-spend needs -to, your own number, which gets the messages")
	case s.to != "" && !phone.MatchString(s.to):
		return errors.New("-to: want 8 to 15 digits in international form, such as +233209990001")
	case s.sender == "" || len(s.sender) > 11:
		return errors.New("-sender: want 1 to 11 characters")
	case s.wait < 0:
		return errors.New("-wait: want 0 or more")
	}
	return nil
}

// parseOnly reads ids such as "otp.tries", or chapters such as "otp".
func parseOnly(text string) ([]string, error) {
	names := strings.Split(text, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !slices.ContainsFunc(behaviour.All(),
			func(b behaviour.Behaviour) bool { return matches(names[i], b.ID) }) {
			return nil, fmt.Errorf("there is no claim or chapter %q", name)
		}
	}
	return names, nil
}

func matches(name, id string) bool {
	return id == name || strings.HasPrefix(id, name+".")
}

// wants reports whether -only selects a claim.
func (s *settings) wants(id string) bool {
	return s.only == nil ||
		slices.ContainsFunc(s.only, func(name string) bool { return matches(name, id) })
}

// allows returns why the flags do not allow a check, "" if they do.
func (s *settings) allows(b behaviour.Behaviour) string {
	switch {
	case b.Cost == behaviour.FakeOnly:
		return "needs the fake's clock, wallet or settings"
	case b.Cost == behaviour.Writes && !s.write:
		return "needs -write"
	case b.Cost == behaviour.Paid && s.spend == 0:
		return "needs -spend"
	case b.Cost == behaviour.Disruptive && !s.disrupt:
		return "needs -disrupt"
	}
	return ""
}

// claim is a claim and its check.
type claim struct {
	behaviour.Behaviour
	check check.Check
}

// claims returns what -only selects, the cheapest class first.
func (s *settings) claims() []claim {
	checks := make(map[string]check.Check)
	for _, c := range check.All() {
		checks[c.ID] = c
	}
	var all []claim
	for _, b := range behaviour.All() {
		if s.wants(b.ID) {
			all = append(all, claim{b, checks[b.ID]})
		}
	}
	slices.SortStableFunc(all, func(a, b claim) int { return int(a.Cost) - int(b.Cost) })
	return all
}
