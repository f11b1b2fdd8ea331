package list

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxLine bounds a line, and an entry that has several, in bytes.
const maxLine = 1 << 20

// lines reads a list line by line. A Read gives of one line only, so that whoever reads is never ahead of the count.
type lines struct {
	in     *bufio.Reader
	end    byte   // of a line
	line   []byte // the current one
	rest   []byte // of it, not read yet
	count  int    // lines begun
	record int    // bytes since begin
	first  int    // line at which the record begins, or blank ones before it
}

func newLines(r io.Reader) *lines {
	l := &lines{in: bufio.NewReaderSize(r, 64<<10), end: '\n'}
	if head, _ := l.in.Peek(4 << 10); bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.end = '\r' // as a Mac's spreadsheet may end them
	}
	return l
}

// begin says that a new record begins.
func (l *lines) begin() { l.record, l.first = 0, l.count+1 }

// peek gives the next line and leaves it to be read.
func (l *lines) peek() ([]byte, error) {
	if len(l.rest) > 0 {
		return l.rest, nil
	}
	err := l.next()
	return l.rest, err
}

func (l *lines) skip() { l.rest = nil }

func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// next takes the next line in and checks it.
func (l *lines) next() error {
	l.line = l.line[:0]
	for {
		part, err := l.in.ReadSlice(l.end)
		if len(l.line) == 0 && len(part) > 0 {
			l.count++
		}
		l.line = append(l.line, part...)
		l.record += len(part)
		switch {
		case len(l.line) > maxLine:
			return &Error{l.count, fmt.Sprintf("it is longer than %d bytes", maxLine)}
		case l.record > maxLine:
			return &Error{l.first, fmt.Sprintf("an entry is longer than %d bytes; a quotation mark seems to be missing at its end", maxLine)}
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && (err != io.EOF || len(l.line) == 0):
			return err
		}
		break
	}
	if l.end == '\r' && l.line[len(l.line)-1] == '\r' {
		l.line[len(l.line)-1] = '\n'
	}
	l.rest = l.line
	if reason := unreadable(l.line); reason != "" {
		l.rest = nil
		return &Error{l.count, reason}
	}
	return nil
}

// unreadable says what is wrong with a text; "" if nothing is.
func unreadable(text []byte) string {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "it holds a zero byte, so it is no text, or its encoding was not recognised; name the encoding"
	case !utf8.Valid(text):
		return "it is not UTF-8; save the list as UTF-8, or name its encoding"
	case bytes.Contains(text, []byte("\uFFFD")):
		return "it holds a character that was lost in a conversion (U+FFFD)"
	}
	return ""
}
