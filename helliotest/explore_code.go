package helliotest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const codeIndent = "    "

// codeOf returns a schedule as Go code that puts its rules on fake. Rules that
// differ by a count that rises by one are a loop.
func codeOf(faults []FaultSpec) []string {
	var lines []string
	for len(faults) > 0 {
		n := 1
		for n < len(faults) && follows(faults[n-1], faults[n]) {
			n++
		}
		switch spec := faults[0]; {
		case n >= 3:
			last := spec.Nth + n - 1
			lines = append(lines, fmt.Sprintf("for n := %d; n <= %d; n++ {", spec.Nth, last))
			for _, body := range codeOfFault(spec, "helliotest.Nth(n)") {
				lines = append(lines, codeIndent+body)
			}
			lines = append(lines, "}")
		default:
			n = 1
			lines = append(lines, codeOfFault(spec, codeOfCount(spec))...)
		}
		faults = faults[n:]
	}
	return lines
}

// follows reports whether two rules are one but for the count, which is one
// higher in the second.
func follows(one, two FaultSpec) bool {
	two.Nth--
	return two.Nth > 0 && one == two
}

// codeOfFault returns one rule, in two lines if it names a recipient.
func codeOfFault(spec FaultSpec, which string) []string {
	begun := "fake.Fault(" + codeOfOp(spec.Op) + ", " + which + ","
	if spec.To == "" {
		return []string{begun + " " + codeOfEffect(spec) + ")"}
	}
	named := "helliotest.ToNumber(" + strconv.Quote(spec.To) + "), "
	return []string{
		begun,
		codeIndent + named + codeOfEffect(spec) + ")",
	}
}

func codeOfOp(op Op) string {
	if name, step := strings.CutPrefix(string(op), stepPrefix); step {
		return "helliotest.StepNamed(" + strconv.Quote(name) + ")"
	}
	return "helliotest." + opTable[op].constant
}

func codeOfCount(spec FaultSpec) string {
	switch {
	case spec.Always:
		return "helliotest.Always()"
	case spec.Times > 0:
		return fmt.Sprintf("helliotest.Times(%d)", spec.Times)
	}
	return fmt.Sprintf("helliotest.Nth(%d)", spec.Nth)
}

// codeOfEffect returns the rule that makes the effect.
func codeOfEffect(spec FaultSpec) string {
	name, param := plainEffects[spec.Effect], ""
	switch spec.Effect {
	case effectStatus:
		name = "Status"
		param = fmt.Sprintf("%d, %q", spec.Code, spec.Error)
	case effectRateLimited:
		name = "RateLimited"
		param = codeOfDuration(spec.RetryAfter)
	case effectDelay:
		name = "Delay"
		param = codeOfDuration(spec.Duration)
	case effectWebhookDelay:
		name = "WebhookDelay"
		param = codeOfDuration(spec.Duration)
	case effectTruncateBody:
		name = "TruncateBody"
		param = strconv.Itoa(spec.Bytes)
	}
	return "helliotest." + name + "(" + param + ")"
}

// plainEffects are the effects without parameters, by their names in Go.
var plainEffects = map[string]string{
	effectLoseRequest:         "LoseRequest",
	effectLoseReply:           "LoseReply",
	effectNotJSON:             "NotJSON",
	effectReset:               "ResetConnection",
	effectCarrierFail:         "CarrierFail",
	effectCrashBefore:         "CrashBefore",
	effectCrashAfter:          "CrashAfter",
	effectWebhookLose:         "WebhookLose",
	effectWebhookDuplicate:    "WebhookDuplicate",
	effectWebhookReorder:      "WebhookReorder",
	effectWebhookBadSignature: "WebhookBadSignature",
}

// codeOfDuration returns a duration in the largest unit that divides it.
func codeOfDuration(text string) string {
	d, _ := time.ParseDuration(text) // it was checked when the rule was made
	units := []struct {
		name string
		size time.Duration
	}{
		{"time.Hour", time.Hour},
		{"time.Minute", time.Minute},
		{"time.Second", time.Second},
		{"time.Millisecond", time.Millisecond},
		{"time.Microsecond", time.Microsecond},
	}
	for _, u := range units {
		switch {
		case d == u.size:
			return u.name
		case d != 0 && d%u.size == 0:
			return fmt.Sprintf("%d*%s", d/u.size, u.name)
		}
	}
	return strconv.FormatInt(int64(d), 10)
}
