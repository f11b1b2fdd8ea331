package helliotest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
)

// exploreVariable names what changes every Explore of a process: all, trace, or
// both with a comma between.
const exploreVariable = "HELLIOTEST_EXPLORE"

// defaultPairs is the default of ExplorePairs.
const defaultPairs = 1000

// ExploreOption changes what Explore runs and checks. A bad value fails the
// test at the line of Explore, with the name of the option.
type ExploreOption func(*exploreConfig) error

// exploreConfig is an Explore as its options made it.
type exploreConfig struct {
	fn      func(run *Run) error
	restart func(run *Run) error // after a crash; nil: fn
	ops     []Op                 // nil: every operation
	effects []FaultSpec          // without operation and count
	chosen  bool                 // effects are the caller's
	pairs   int
	reruns  int
	noCrash bool
	checks  []exploreCheck
	allow   []func(Finding) bool
	world   config
	options []Option // of world
	only    func(fake *Fake)

	allPairs bool // by exploreVariable
	trace    bool // by exploreVariable
}

// exploreCheck is a check of the caller's.
type exploreCheck struct {
	name string
	run  func(run *Run) error
}

func newExploreConfig(
	fn func(run *Run) error, opts []ExploreOption,
) (cfg exploreConfig, err error) {
	cfg = exploreConfig{
		fn:      fn,
		effects: defaultEffects(),
		pairs:   defaultPairs,
	}
	switch {
	case bubbled(time.Now()):
		return cfg, errors.New("it runs inside a synctest bubble; each run has a bubble of its own")
	case fn == nil:
		return cfg, errors.New("fn is nil")
	}
	if cfg.world, err = newConfig(nil); err != nil {
		return cfg, err
	}
	for i, opt := range opts {
		if opt == nil {
			return cfg, fmt.Errorf("option %d is nil", i+1)
		}
		if err := opt(&cfg); err != nil {
			return cfg, err
		}
	}
	if err := cfg.readEnvironment(os.Getenv(exploreVariable)); err != nil {
		return cfg, err
	}
	if cfg.noCrash && cfg.restart != nil {
		return cfg, errors.New("ExploreNoCrash and ExploreRestart contradict each other")
	}
	return cfg, cfg.checkEffects()
}

func (c *exploreConfig) readEnvironment(value string) error {
	for word := range strings.SplitSeq(value, ",") {
		switch strings.TrimSpace(word) {
		case "":
		case "all":
			c.allPairs = true
		case "trace":
			c.trace = true
		default:
			return fmt.Errorf("invalid %s: got %q, want all or trace", exploreVariable, word)
		}
	}
	return nil
}

// checkEffects reports an effect without an operation that it fits, and an
// operation without an effect that fits it.
func (c *exploreConfig) checkEffects() error {
	calls := c.ops == nil || slices.ContainsFunc(c.ops, isCall)
	for _, e := range c.effects {
		switch posted := actsOnDeliveries(e); {
		case !c.chosen:
		case posted && !c.explores(WebhookDelivery):
			return fmt.Errorf("ExploreEffects: %s acts on WebhookDelivery alone, "+
				"which ExploreOps does not name", codeOfEffect(e))
		case !posted && !calls:
			return fmt.Errorf("ExploreEffects: %s does not act on WebhookDelivery, "+
				"the one operation of ExploreOps", codeOfEffect(e))
		}
	}
	if c.explores(WebhookDelivery) && !slices.ContainsFunc(c.effects, actsOnDeliveries) {
		return errors.New("ExploreEffects: none acts on WebhookDelivery, which ExploreOps names")
	}
	return nil
}

func isCall(op Op) bool { return op != WebhookDelivery }

func actsOnDeliveries(e FaultSpec) bool {
	rule, _ := effectRules(e.Effect)
	return rule.delivery
}

// explores reports whether calls of op go wrong.
func (c *exploreConfig) explores(op Op) bool {
	if c.ops == nil {
		return op != WebhookDelivery
	}
	return slices.Contains(c.ops, op) || op != WebhookDelivery && slices.Contains(c.ops, AnyOp)
}

// defaultEffects are tried without ExploreEffects. The delay outlasts the
// client's limit for one attempt, so that the call takes effect after its
// caller has stopped waiting.
func defaultEffects() []FaultSpec {
	rules := []Rule{
		LoseRequest(),
		LoseReply(),
		ResetConnection(),
		RateLimited(30 * time.Second),
		Status(402, contract.CodeInsufficientBalance),
		Status(503, contract.CodeServiceUnavailable),
		TruncateBody(20),
		NotJSON(),
		Delay(time.Minute),
		WebhookLose(),
		WebhookDuplicate(),
		WebhookReorder(),
		WebhookBadSignature(),
		WebhookDelay(time.Minute),
	}
	specs := make([]FaultSpec, len(rules))
	for i, r := range rules {
		r.set(&specs[i])
	}
	return specs
}

// ExploreOps sets the operations whose calls go wrong. Default: all that fn
// calls. WebhookDelivery is explored only if it is named, and only the attempts
// that come before fn returns. An unknown operation is an error, and so is a
// list of which fn calls none.
func ExploreOps(ops ...Op) ExploreOption {
	return func(c *exploreConfig) error {
		if len(ops) == 0 {
			return errors.New("ExploreOps: no operation given")
		}
		for _, op := range ops {
			if !op.known() {
				return fmt.Errorf("ExploreOps: unknown operation %q", op)
			}
		}
		c.ops = slices.Clone(ops)
		return nil
	}
}

// ExploreEffects sets the effects that are tried, in place of the default:
// LoseRequest, LoseReply, ResetConnection, RateLimited(30s), 402 on operations
// that move money, 503, TruncateBody(20), NotJSON and Delay(1m); on
// WebhookDelivery its five effects. An effect that fits no operation of
// ExploreOps is an error.
func ExploreEffects(effects ...Rule) ExploreOption {
	return func(c *exploreConfig) error {
		if len(effects) == 0 {
			return errors.New("ExploreEffects: no effect given")
		}
		c.chosen = true
		c.effects = nil
		for i, r := range effects {
			if r.kind != kindEffect {
				return fmt.Errorf("ExploreEffects: rule %d is not an effect", i+1)
			}
			var spec FaultSpec
			r.set(&spec)
			if spec.crashes() {
				return errors.New("ExploreEffects: crashes are explored without it; " +
					"ExploreNoCrash leaves them out")
			}
			if err := spec.checkEffect(); err != nil {
				return fmt.Errorf("ExploreEffects: %w", err)
			}
			c.effects = append(c.effects, spec)
		}
		return nil
	}
}

// checkEffect reports a bad value in a spec that has an effect alone.
func (s FaultSpec) checkEffect() error {
	rule, _ := effectRules(s.Effect)
	if err := s.checkParams(rule.params); err != nil {
		return err
	}
	_, err := s.wait(rule.params)
	return err
}

// ExplorePairs sets how many pairs run at most. Default 1000; 0 runs none. If
// there are more, Explore leaves out some at even intervals and counts them.
func ExplorePairs(most int) ExploreOption {
	return func(c *exploreConfig) error {
		if most < 0 {
			return fmt.Errorf("invalid ExplorePairs: got %d, want 0 or more", most)
		}
		c.pairs = most
		return nil
	}
}

// ExploreRestart sets what runs after a crash. Default: fn again.
func ExploreRestart(restart func(run *Run) error) ExploreOption {
	return func(c *exploreConfig) error {
		if restart == nil {
			return errors.New("ExploreRestart: the function is nil")
		}
		c.restart = restart
		return nil
	}
}

// ExploreNoCrash leaves crashes out, for a function that no one runs again
// after a crash, such as the handler of a web request.
func ExploreNoCrash() ExploreOption {
	return func(c *exploreConfig) error {
		c.noCrash = true
		return nil
	}
}

// ExploreReruns sets how often the function runs again after it returned an
// error, as a job queue does, one second later each time. Default 0.
func ExploreReruns(most int) ExploreOption {
	return func(c *exploreConfig) error {
		if most < 0 {
			return fmt.Errorf("invalid ExploreReruns: got %d, want 0 or more", most)
		}
		c.reruns = most
		return nil
	}
}

// ExploreCheck adds a check. It runs at the end of each run, when no rule is in
// force and all messages are final. It may call the API. run.Err is what fn
// returned.
func ExploreCheck(name string, check func(run *Run) error) ExploreOption {
	return func(c *exploreConfig) error {
		switch {
		case strings.TrimSpace(name) == "":
			return errors.New("ExploreCheck: the name is blank")
		case check == nil:
			return fmt.Errorf("ExploreCheck(%q): the check is nil", name)
		case slices.ContainsFunc(c.checks, func(e exploreCheck) bool { return e.name == name }):
			return fmt.Errorf("ExploreCheck(%q): there are two checks of this name", name)
		}
		c.checks = append(c.checks, exploreCheck{
			name: name,
			run:  check,
		})
		return nil
	}
}

// ExploreAllow allows the findings for which allowed returns true. They are
// counted and fail nothing.
func ExploreAllow(allowed func(Finding) bool) ExploreOption {
	return func(c *exploreConfig) error {
		if allowed == nil {
			return errors.New("ExploreAllow: the function is nil")
		}
		c.allow = append(c.allow, allowed)
		return nil
	}
}

// ExploreWorld sets the options of each run's fake. They are made once: a
// webhook's handler is shared by all runs, which follow one another.
// WithRetention is an error, because it forgets what the checks compare.
func ExploreWorld(opts ...Option) ExploreOption {
	return func(c *exploreConfig) error {
		c.options = slices.Concat(c.options, opts)
		cfg, err := newConfig(c.options)
		switch {
		case err != nil:
			return fmt.Errorf("ExploreWorld: %w", err)
		case cfg.retention > 0:
			return errors.New("ExploreWorld: WithRetention forgets what the checks compare")
		}
		c.world = cfg
		return nil
	}
}

// ExploreOnly runs the one schedule that put adds, to debug a finding. The log
// of the test contains the journal of the run, whatever its result.
func ExploreOnly(put func(fake *Fake)) ExploreOption {
	return func(c *exploreConfig) error {
		if put == nil {
			return errors.New("ExploreOnly: the function is nil")
		}
		c.only = put
		return nil
	}
}
