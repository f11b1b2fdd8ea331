package main

import (
	"errors"
	"flag"
	"net/http"
	"strings"
	"syscall"

	"github.com/hellio-go/hellio/helliobulk"
)

// place is where a command is when it stops: what it was called with, and how far it came.
type place struct {
	c       *console
	flags   *flags
	store   string
	batch   string // id, where known
	planned bool   // the store holds the batch
	onward  string // the command that goes on; "": resume
}

// stop makes an error the end of a command, with what to run next. nil stays nil.
func (p *place) stop(err error) error {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return &stopped{statusOf(err), err, p.next(err)}
}

// next says what the user may run after an error.
func (p *place) next(err error) []step {
	goOn := p.again()
	if p.planned {
		goOn = p.resume()
	}
	switch statusOf(err) {
	case statusUsage:
		return []step{{"see the flags, then call it anew", p.c.command(p.flags.Name(), "-help")}}
	case statusAccount:
		return p.afterRefusal(err, goOn)
	case statusUnpaid:
		steps := []step{{"top up the wallet, then run", goOn}}
		if errors.Is(err, helliobulk.ErrCannotPay) {
			steps = append(steps, step{"or, to send as far as the balance goes, run", goOn + " -start-unpaid"})
		}
		return steps
	case statusDeclined:
		return []step{{"to send it after all, run", goOn}}
	case statusNobody:
		return []step{{"if that is what you want, run", goOn + " -yes"}}
	case statusList:
		return []step{{"mend the list, or say where its columns are, then run", p.again()}}
	case statusBatch:
		return p.afterMixUp(err)
	case statusLocked:
		return []step{{"wait until the other process has ended, then run", p.again()}}
	case statusStore:
		return p.withoutStore(err)
	case statusRedis:
		return []step{{"see that Redis runs and takes writes, and that HELLIO_REDIS_URL leads to it, then run", p.again()}}
	case statusReview:
		return []step{{"find out whether they were sent", p.review()}}
	}
	steps := []step{{mend(err), goOn}}
	if errors.Is(err, helliobulk.ErrNeedsReview) {
		steps = append(steps, step{"and find out about the chunks that need review", p.review()})
	}
	return steps
}

// mend says what to do before going on.
func mend(err error) string {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) { // bbolt keeps some of them as text alone
			return "make room on the disk, then run"
		}
	}
	if status := httpStatus(err); statusOf(err) == statusUnfinished && (status == 0 || status == http.StatusTooManyRequests || status >= 500) {
		return "to go on, run"
	}
	return "when that is mended, run"
}

func (p *place) afterRefusal(err error, goOn string) []step {
	switch {
	case errors.Is(err, errNoToken):
		return []step{{"set HELLIO_API_TOKEN, then run", goOn}}
	case errors.Is(err, helliobulk.ErrOtherAccount):
		return []step{
			{"set HELLIO_API_TOKEN and HELLIO_BASE_URL to what the batch was planned with, then run", p.resume()},
			{"or, if the token was replaced by another one of the same account, run", p.resume() + " -adopt-token"},
		}
	case httpStatus(err) == http.StatusForbidden:
		return []step{{"give the token or the account what it lacks, then run", goOn}}
	case p.planned:
		return []step{
			{"make the token valid again, then run", goOn},
			{"or set HELLIO_API_TOKEN to a new one of the same account, and run", goOn + " -adopt-token"},
		}
	default:
		return []step{{"set HELLIO_API_TOKEN to a token that is valid, then run", goOn}}
	}
}

func (p *place) afterMixUp(err error) []step {
	if errors.Is(err, helliobulk.ErrBatchChanged) {
		return []step{{"to send the batch that the store holds, run", p.resume()}, {"to send this one besides it, run", p.anew()}}
	}
	return []step{
		{"plan it anew under an id that was never used", p.anew()},
		{"or, if this is the same batch, planned again because its store was lost, run", p.resume() + " -accept-replays"},
	}
}

func (p *place) withoutStore(err error) []step {
	const anew = "send LIST -batch ID -store FILE -message \"$MESSAGE\" -sender SENDER"
	if errors.Is(err, helliobulk.ErrNoBatch) {
		return []step{{"name the store of a batch, or begin one", p.c.program + " " + anew}}
	}
	lost := p.c.program + " " + anew + " -accept-replays"
	if p.flags.Lookup("batch") != nil {
		lost = p.c.line(p.flags, map[string]string{"store": p.store + ".again", "accept-replays": "true"})
	}
	return []step{
		{"restore the store from a copy, then run", p.again()},
		{"without a copy, and within 12 hours of its first call, plan it again with the same id, list, text and chunk size", lost},
	}
}

func (p *place) resume() string {
	if p.onward != "" {
		return p.onward
	}
	return p.c.command("resume", "-store", p.store)
}

func (p *place) review() string { return p.c.command("review", "-store", p.store) }

// again is the command that was called.
func (p *place) again() string { return p.c.line(p.flags, nil) }

// anew is the command with an id and a store of its own.
func (p *place) anew() string {
	if p.flags.Lookup("batch") == nil { // it was not planned by this command
		return p.c.program + " send LIST -batch NEW-ID -message \"$MESSAGE\" -sender SENDER"
	}
	change := map[string]string{"store": p.store + "-2"}
	if p.batch != "" {
		change["batch"] = p.batch + "-2"
	}
	return p.c.line(p.flags, change)
}

// command writes a command as a shell takes it.
func (c *console) command(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return c.program + " " + strings.Join(quoted, " ")
}

// line writes a command as it was called, its flags in order, some of them changed. The text is not printed.
func (c *console) line(f *flags, change map[string]string) string {
	line := c.command(append([]string{f.Name()}, f.args...)...)
	f.VisitAll(func(fl *flag.Flag) {
		value, changed := change[fl.Name]
		if !changed && !f.given[fl.Name] {
			return
		}
		if !changed {
			value = fl.Value.String()
		}
		switch b, ok := fl.Value.(interface{ IsBoolFlag() bool }); {
		case fl.Name == "message":
			line += ` -message "$MESSAGE"`
		case !ok || !b.IsBoolFlag():
			line += " -" + fl.Name + " " + quote(value)
		case value == "true":
			line += " -" + fl.Name
		}
	})
	return line
}

// quote writes a word as a POSIX shell reads it.
func quote(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !safe(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
