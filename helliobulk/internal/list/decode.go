package list

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding names how a list's characters are written.
type Encoding string

// The encodings.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252" // of Western Europe's older spreadsheets
)

// looksAt is how much of a list is looked at to find its encoding.
const looksAt = 512

// decode returns a list as UTF-8, without a byte order mark. What cannot be
// converted becomes U+FFFD.
func decode(r io.Reader, e Encoding) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(looksAt)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if e == "" {
		e = guessEncoding(head)
	}
	if mark := markOf(e); bytes.HasPrefix(head, mark) {
		_, _ = in.Discard(len(mark)) // they were peeked at
	}
	switch e {
	case UTF16LE:
		return decoder(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)), nil
	case UTF16BE:
		return decoder(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)), nil
	case Windows1252:
		return decoder(in, charmap.Windows1252), nil
	default:
		return in, nil
	}
}

func decoder(r io.Reader, e encoding.Encoding) io.Reader { return e.NewDecoder().Reader(r) }

func markOf(e Encoding) []byte {
	switch e {
	case UTF8:
		return []byte("\xEF\xBB\xBF")
	case UTF16LE:
		return []byte("\xFF\xFE")
	case UTF16BE:
		return []byte("\xFE\xFF")
	default:
		return nil
	}
}

// guessEncoding goes by the mark. Without one it goes by digits and separators:
// in UTF-16 each has a zero byte next to it, on one side.
func guessEncoding(head []byte) Encoding {
	for _, e := range []Encoding{UTF16LE, UTF16BE} {
		if bytes.HasPrefix(head, markOf(e)) {
			return e
		}
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch many := len(head) / 8; {
	case zeros[0] == 0 && zeros[1] > many:
		return UTF16LE
	case zeros[1] == 0 && zeros[0] > many:
		return UTF16BE
	}
	return UTF8
}

// Text reads a text of at most limit bytes as a list is read: decoded, without
// a byte order mark, with \n at the ends of its lines and without the last one.
func Text(r io.Reader, e Encoding, limit int64) (string, error) {
	decoded, err := decode(r, e)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(decoded, limit+1))
	if err != nil {
		return "", err
	}
	if int64(len(text)) > limit {
		return "", &Error{Line: 1, Reason: "the text is too long"}
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if reason := unreadable(text); reason != "" {
		return "", &Error{Line: 1, Reason: reason}
	}
	return string(bytes.TrimSuffix(text, []byte("\n"))), nil
}
