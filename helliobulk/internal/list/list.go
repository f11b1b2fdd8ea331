// Package list reads lists of recipients: CSV with or without a header, or a
// number per line, as programs and spreadsheets write them.
//
// It holds one line at a time, which may have 1 MiB. No error quotes a number
// or a field; each names its line.
package list

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/helliobulk"
)

// Format says how a list is written. The zero value finds out, except for the
// column of a list that has several.
type Format struct {
	Column string   // of the numbers: a header's name, or counted from 1; "": the only one
	Fields []string // columns that are needed as well, by their header's name
	Header Header
	// between columns; 0: comma, semicolon or tab, the most frequent in the
	// first line
	Separator rune
	Encoding  Encoding // "": by the byte order mark, or by its look
}

// Header says whether a list's first line names its columns.
type Header string

// The headers.
const (
	// HeaderAuto: it does if columns are asked for by name, or if there is no
	// digit where a number should be.
	HeaderAuto Header = ""
	HeaderYes  Header = "yes" // it does
	HeaderNo   Header = "no"  // it is an entry
)

// Error is a list that cannot be used as it is. It holds nothing of the list
// but names of columns.
type Error struct {
	Line   int // from 1
	Reason string
	last   bool // what follows cannot be read in its place
}

// Error returns where and why.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// MaxErrors is how many errors of a list are collected.
const MaxErrors = 20

// Errors are the first MaxErrors errors of a list.
type Errors []*Error

// Error returns all of them, a line each.
func (e Errors) Error() string {
	var lines []string
	for _, one := range e {
		lines = append(lines, one.Error())
	}
	if len(e) == MaxErrors {
		lines = append(lines, "there may be more")
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the first one.
func (e Errors) Unwrap() error { return e[0] }

// List is a list whose first line was read.
type List struct {
	format  Format
	lines   *lineReader
	csv     *csv.Reader
	skipped int // lines that csv has not seen

	columns int
	number  int   // column
	fields  []int // columns, in the order of Format.Fields
	first   []string
}

// New reads the first line and finds the columns. It returns an *Error, or the
// reader's.
func New(r io.Reader, f Format) (*List, error) {
	decoded, err := decode(r, f.Encoding)
	if err != nil {
		return nil, err
	}
	l := &List{format: f, lines: newLines(decoded)}
	if err := l.start(); err != nil {
		return nil, err
	}
	first, err := l.record()
	switch {
	case err == io.EOF:
		return nil, &Error{Line: 1, Reason: "the list is empty"}
	case err != nil:
		return nil, err
	}
	return l, l.arrange(slices.Clone(first))
}

// start finds the separator: as Format says, as a spreadsheet's first line says
// (sep=;), or by looking.
func (l *List) start() error {
	head, err := l.lines.peek()
	if err != nil && err != io.EOF {
		return err
	}
	separator := l.format.Separator
	begin := strings.TrimRight(string(head[:min(len(head), 16)]), "\r\n")
	if named, ok := strings.CutPrefix(begin, "sep="); ok && len(named) == 1 {
		l.lines.skip()
		l.skipped = 1
		if separator == 0 {
			separator = rune(named[0])
		}
	}
	if separator == 0 {
		separator = guessSeparator(head)
	}
	if strings.ContainsRune("\"\r\n\x00\uFFFD", separator) {
		return &Error{Line: 1, Reason: fmt.Sprintf("%q cannot separate columns", separator)}
	}
	l.lines.unwrap = []byte(string(separator) + `="`)
	l.csv = csv.NewReader(l.lines)
	l.csv.Comma = separator
	l.csv.FieldsPerRecord = -1
	l.csv.ReuseRecord = true
	return nil
}

// guessSeparator returns the separator that a line has most of outside
// quotation marks.
func guessSeparator(line []byte) rune {
	count := map[rune]int{}
	quoted := false
	for _, c := range string(line) {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			count[c]++
		}
	}
	best := ','
	for _, c := range ";\t" {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

// record reads the next entry that is not blank.
func (l *List) record() ([]string, error) {
	for {
		l.lines.begin()
		record, err := l.csv.Read()
		if err != nil {
			return nil, l.explain(err)
		}
		if !blank(record) {
			return record, nil
		}
	}
}

// line is where the record that was read last begins.
func (l *List) line() int {
	line, _ := l.csv.FieldPos(0)
	return line + l.skipped
}

func columns(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}

// explain puts csv's errors in our words.
func (l *List) explain(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err // a line's own, the reader's, or io.EOF
	}
	reason := "a quotation mark is inside a field; write the field in quotation marks, " +
		"and each one within it twice"
	if errors.Is(parse.Err, csv.ErrQuote) {
		reason = "a field in quotation marks does not end with one, or continues after it"
	}
	return &Error{Line: parse.StartLine + l.skipped, Reason: reason, last: true}
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(cell string) bool {
		return strings.TrimSpace(cell) != ""
	})
}

// Recipients returns the list's entries. It may be ranged over once, and ends
// with the first error: an *Error, Errors of several lines, or the reader's.
func (l *List) Recipients() iter.Seq2[helliobulk.Recipient, error] {
	return func(yield func(helliobulk.Recipient, error) bool) {
		for {
			record, err := l.entry()
			if err == io.EOF {
				return
			}
			var r helliobulk.Recipient
			if err == nil {
				r, err = l.recipient(record)
			}
			var bad *Error
			if errors.As(err, &bad) {
				err = l.collect(bad)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// collect reads on for further errors, so that a list is corrected in one go.
func (l *List) collect(first *Error) error {
	all := Errors{first}
	for len(all) < MaxErrors && !all[len(all)-1].last && !l.lines.failed {
		record, err := l.record()
		if err == nil {
			_, err = l.recipient(record)
		}
		var bad *Error
		if err != nil && !errors.As(err, &bad) {
			break
		}
		if err != nil {
			all = append(all, bad)
		}
	}
	return all
}

// entry is the next record; the first one was read before.
func (l *List) entry() ([]string, error) {
	if first := l.first; first != nil {
		l.first = nil
		return first, nil
	}
	return l.record()
}

func (l *List) recipient(record []string) (helliobulk.Recipient, error) {
	if len(record) != l.columns {
		reason := fmt.Sprintf("it has %s, the first line has %d", columns(len(record)), l.columns)
		return helliobulk.Recipient{}, &Error{Line: l.line(), Reason: reason}
	}
	number, err := cleanNumber(record[l.number])
	if err != nil {
		return helliobulk.Recipient{}, &Error{Line: l.line(), Reason: err.Error()}
	}
	r := helliobulk.Recipient{Number: number, Line: l.line()}
	if len(l.fields) > 0 {
		r.Fields = make(map[string]string, len(l.fields))
		for i, column := range l.fields {
			r.Fields[l.format.Fields[i]] = strings.TrimSpace(record[column])
		}
	}
	return r, nil
}
