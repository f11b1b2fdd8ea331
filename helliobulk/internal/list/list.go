// Package list reads lists of recipients: CSV with or without a header, or a number a line, as programs and spreadsheets write them.
//
// It holds one line at a time, which may have 1 MiB. No error quotes a number or a field, each names its line.
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

// Format says how a list is written. The zero value finds out by itself, but for the column of a list that has several.
type Format struct {
	Column    string   // of the numbers: a header's name, or counted from 1; "": the only one
	Fields    []string // columns that are needed beside it, by their header's name
	Header    Header
	Separator rune     // between columns; 0: comma, semicolon or tab, whichever the first line has most of
	Encoding  Encoding // "": by the byte order mark, or by its look
}

// Header says whether a list's first line names its columns.
type Header string

// The headers.
const (
	HeaderAuto Header = ""    // it does if columns are asked for by name, or if there is no digit where a number should be
	HeaderYes  Header = "yes" // it does
	HeaderNo   Header = "no"  // it is an entry
)

// Error is a list that can't be used as it is. It holds nothing of the list but names of columns.
type Error struct {
	Line   int // from 1
	Reason string
}

// Error says where and why.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// List is a list whose first line was read.
type List struct {
	format  Format
	lines   *lines
	csv     *csv.Reader
	skipped int // lines that csv has not seen

	columns int
	number  int   // column
	fields  []int // columns, in the order of Format.Fields
	first   []string
}

// New reads the first line and finds the columns. It returns an *Error, or the reader's.
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
		return nil, &Error{1, "the list is empty"}
	case err != nil:
		return nil, err
	}
	return l, l.arrange(slices.Clone(first))
}

// start finds the separator: as told, as a spreadsheet's first line says (sep=;), or by looking.
func (l *List) start() error {
	head, err := l.lines.peek()
	if err != nil && err != io.EOF {
		return err
	}
	separator := l.format.Separator
	if told, ok := strings.CutPrefix(strings.TrimRight(string(head[:min(len(head), 16)]), "\r\n"), "sep="); ok && len(told) == 1 {
		l.lines.skip()
		l.skipped = 1
		if separator == 0 {
			separator = rune(told[0])
		}
	}
	if separator == 0 {
		separator = guessSeparator(head)
	}
	if strings.ContainsRune("\"\r\n\x00\uFFFD", separator) {
		return &Error{1, fmt.Sprintf("%q can't separate columns", separator)}
	}
	l.csv = csv.NewReader(l.lines)
	l.csv.Comma, l.csv.FieldsPerRecord, l.csv.ReuseRecord = separator, -1, true
	return nil
}

// guessSeparator takes the one that the line has most of outside quotation marks.
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
		if blank(record) {
			continue
		}
		if l.columns != 0 && len(record) != l.columns {
			return nil, &Error{l.line(), fmt.Sprintf("it has %s, the first line has %d", columns(len(record)), l.columns)}
		}
		return record, nil
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
	reason := "a quotation mark stands inside a field; write the field in quotation marks, and each one within it twice"
	if errors.Is(parse.Err, csv.ErrQuote) {
		reason = "a field in quotation marks does not end with one, or goes on after it"
	}
	return &Error{parse.StartLine + l.skipped, reason}
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// Recipients gives the list's entries. It may be ranged over once, and ends with the first error, an *Error or the reader's.
func (l *List) Recipients() iter.Seq2[helliobulk.Recipient, error] {
	return func(yield func(helliobulk.Recipient, error) bool) {
		for record, err := l.entry(); err != io.EOF; record, err = l.entry() {
			var r helliobulk.Recipient
			if err == nil {
				r, err = l.recipient(record)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
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
	number, err := cleanNumber(record[l.number])
	if err != nil {
		return helliobulk.Recipient{}, &Error{l.line(), err.Error()}
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
