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

// lineReader reads a list line by line. A Read returns bytes of one line only,
// so that the reader is never ahead of the count.
type lineReader struct {
	in     *bufio.Reader
	end    byte   // of a line
	line   []byte // the current one
	rest   []byte // of it, not read yet
	count  int    // lines begun
	record int    // bytes since begin
	first  int    // line at which the record begins, or blank ones before it
	failed bool   // a line could not be read

	unwrap []byte // separator, = and a quotation mark, as in ,="0244123456"
	quoted bool   // a field in quotation marks continues on the next line
}

func newLines(r io.Reader) *lineReader {
	l := &lineReader{in: bufio.NewReaderSize(r, 64<<10), end: '\n'}
	head, _ := l.in.Peek(4 << 10)
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.end = '\r' // as a Mac's spreadsheet may end them
	}
	return l
}

// begin notes that a new record begins.
func (l *lineReader) begin() {
	l.record = 0
	l.first = l.count + 1
}

// peek returns the next line and leaves it to be read.
func (l *lineReader) peek() ([]byte, error) {
	if len(l.rest) > 0 {
		return l.rest, nil
	}
	err := l.next()
	return l.rest, err
}

func (l *lineReader) skip() { l.rest = nil }

func (l *lineReader) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	if l.unwrap != nil && len(l.rest) == len(l.line) {
		l.unwrapCells()
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// next takes the next line in and checks it.
func (l *lineReader) next() error {
	err := l.take()
	l.failed = err != nil
	return err
}

func (l *lineReader) take() error {
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
			return &Error{Line: l.count, Reason: fmt.Sprintf("it is longer than %d bytes", maxLine)}
		case l.record > maxLine:
			return &Error{Line: l.first, Reason: fmt.Sprintf("an entry is longer than %d bytes; "+
				"a quotation mark seems to be missing at its end", maxLine)}
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
	if reason := l.unreadable(); reason != "" {
		l.rest = nil
		return &Error{Line: l.count, Reason: reason}
	}
	return nil
}

// unwrapCells reads ="0244123456" as "0244123456": spreadsheets keep a leading
// zero in this form. Within quotation marks it is text.
func (l *lineReader) unwrapCells() {
	if !l.quoted && bytes.IndexByte(l.line, '"') < 0 {
		return
	}
	out := l.line[:0]
	for i := 0; i < len(l.line); i++ {
		c := l.line[i]
		wrapped := l.unwrap[len(l.unwrap)-2:]
		first := i == 0 || bytes.HasSuffix(l.line[:i], l.unwrap[:len(l.unwrap)-2])
		if c == '=' && !l.quoted && first && bytes.HasPrefix(l.line[i:], wrapped) {
			continue
		}
		if c == '"' {
			l.quoted = !l.quoted
		}
		out = append(out, c)
	}
	l.line = out
	l.rest = out
}

// workbooks are what the files of spreadsheets begin with.
var workbooks = [][]byte{[]byte("PK\x03\x04"), []byte("\xD0\xCF\x11\xE0")}

// unreadable says what is wrong with the line; "" if nothing is.
func (l *lineReader) unreadable() string {
	for _, begin := range workbooks {
		if l.count == 1 && bytes.HasPrefix(l.line, begin) {
			return "it is a spreadsheet's workbook (such as .xlsx, .xls or .ods); export the " +
				"sheet as CSV"
		}
	}
	return unreadable(l.line)
}

// unreadable says what is wrong with a text; "" if nothing is.
func unreadable(text []byte) string {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return "it holds a zero byte, so it is no text, or its encoding was not recognised; " +
			"name the encoding"
	case !utf8.Valid(text):
		return "it is not UTF-8; save the list as UTF-8, or name its encoding"
	case bytes.Contains(text, []byte("\uFFFD")):
		return "it holds a character that was lost in a conversion (U+FFFD)"
	}
	return ""
}
