package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/helliobulk"
)

// stateNames are the states as flags name them.
func stateNames() []helliobulk.State {
	return []helliobulk.State{
		helliobulk.StateOpen, helliobulk.StateUnknown, helliobulk.StateDone,
		helliobulk.StateRejected, helliobulk.StateNeedsReview, helliobulk.StateReused,
		helliobulk.StatePassedOn, helliobulk.StateInvalid,
	}
}

// stateFlag reads states such as rejected,open; "all" is all of them.
type stateFlag []helliobulk.State

func (s *stateFlag) String() string {
	var words []string
	for _, state := range *s {
		words = append(words, flagName(state))
	}
	return strings.Join(words, ",")
}

// flagName writes "needs review" as needs-review.
func flagName(s helliobulk.State) string { return strings.ReplaceAll(string(s), " ", "-") }

// Set reads states; more than once adds up.
func (s *stateFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		states := stateNames()
		at := slices.IndexFunc(states, func(state helliobulk.State) bool {
			return flagName(state) == word
		})
		switch {
		case word == "all":
			*s = append(*s, states...)
		case at >= 0:
			*s = append(*s, states[at])
		default:
			all := stateFlag(states)
			return fmt.Errorf("%q is not one of %s, all", word, all.String())
		}
	}
	return nil
}

func runExport(_ context.Context, c *console, args []string) error {
	p := newStored(c, "export")
	var states stateFlag
	p.flags.Var(&states, "state", "`states` such as rejected,open,unknown,invalid, or all")
	out := p.flags.String("o", "", "`file` to be made, for its owner alone: it holds numbers")
	addJSON(p.flags, &c.json)
	b, err := p.openToRead(args)
	if err != nil {
		return p.stop(err)
	}
	defer b.Close()
	if len(states) == 0 || *out == "" {
		return p.stop(misused("-state must name states, and -o a file"))
	}
	n, err := c.writeRecipients(*out, b.Recipients(states...), nil, nil)
	if err != nil {
		return p.stop(err)
	}
	if n == 0 {
		c.say("No recipient is in that state.\n")
	}
	return nil
}

// writeRecipients writes recipients into a file, which must not exist, with
// columns that a command adds. A file that could not be written whole is
// removed.
func (c *console) writeRecipients(
	path string, recipients iter.Seq2[helliobulk.RecipientStatus, error],
	columns []string, cells func(helliobulk.RecipientStatus) []string,
) (n int, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, misused("-o: %s exists; name a file that does not", path)
	}
	if err != nil {
		return 0, fmt.Errorf("-o: %w", err)
	}
	w := csv.NewWriter(file)
	rowErr := w.Write(append([]string{"number", "state", "reason", "line"}, columns...))
	for r, err := range recipients {
		if rowErr = errors.Join(rowErr, err); rowErr != nil {
			break
		}
		row := []string{r.Number, string(r.State), r.Reason, strconv.Itoa(r.Line)}
		if cells != nil {
			row = append(row, cells(r)...)
		}
		rowErr = w.Write(row)
		n++
	}
	w.Flush()
	if err = errors.Join(rowErr, w.Error(), file.Close()); err != nil {
		_ = os.Remove(path) // the first error counts
		return n, err
	}
	c.say("%s written to %s\n", some(n, "recipient"), path)
	return n, nil
}
