package helliobulk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A store is one file: storeMagic, then records that are only ever appended.
// The plan comes first, chunks and invalid entries and the manifest, then the
// journal. A record is
//
//	length of the payload  4 bytes, little endian, as all numbers here
//	kind                   1 byte
//	checksum of these      4 bytes
//	payload
//	checksum of it         4 bytes
//
// Both checksums begin with the record's place in the file, so that a record
// that is damaged, moved or repeated is found.
const (
	storeMagic    = "hlbulk2\n"
	recordHead    = 9
	recordTail    = 4
	maxRecord     = 1 << 20
	kindChunk     = 'c'
	kindInvalid   = 'i'
	kindManifest  = 'm'
	kindEntry     = 'e'
	formatVersion = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers a record's place and some of its bytes.
func checksum(at int64, content []byte) uint32 {
	var place [8]byte
	binary.LittleEndian.PutUint64(place[:], uint64(at))
	return crc32.Update(crc32.Checksum(place[:], castagnoli), castagnoli, content)
}

// appendRecord appends a record that will begin at this place of the file.
func appendRecord(to []byte, at int64, kind byte, payload []byte) []byte {
	begin := len(to)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(payload)))
	to = append(to, kind)
	to = binary.LittleEndian.AppendUint32(to, checksum(at, to[begin:]))
	to = append(to, payload...)
	return binary.LittleEndian.AppendUint32(to, checksum(at, payload))
}

// readHead returns kind and payload length of the record at this place; ok is
// false if its head is damaged.
func readHead(at int64, head []byte) (kind byte, length int, ok bool) {
	length = int(binary.LittleEndian.Uint32(head))
	sum := binary.LittleEndian.Uint32(head[5:])
	return head[4], length, sum == checksum(at, head[:5]) && length <= maxRecord
}

// readTail returns the payload of the record at this place; ok is false if it
// is damaged.
func readTail(at int64, body []byte) (payload []byte, ok bool) {
	payload = body[:len(body)-recordTail]
	sum := binary.LittleEndian.Uint32(body[len(payload):])
	return payload, sum == checksum(at, payload)
}

// errCut is a record that a crash left in the file: shorter than it should be,
// or with zeros where the file has grown and the bytes have not come.
var errCut = errors.New("it is cut off")

var errDamaged = errors.New("a record does not match its checksum")

// recordScan reads one record after another.
type recordScan struct {
	in    io.Reader
	size  int64
	zeros bool // the file ends in zeros, as no whole record does
	body  []byte
}

func newRecordScan(file io.ReaderAt, size int64) *recordScan {
	tail := make([]byte, recordTail)
	n, _ := file.ReadAt(tail, max(0, size-recordTail)) // what cannot be read fails below
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), flushBytes)
	return &recordScan{in: in, size: size, zeros: n == recordTail && allZero(tail)}
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// next reads the record at this place.
func (s *recordScan) next(at int64) (kind byte, payload []byte, err error) {
	if at+recordHead > s.size {
		return 0, nil, errCut
	}
	head := make([]byte, recordHead)
	if _, err := io.ReadFull(s.in, head); err != nil {
		return 0, nil, err
	}
	kind, length, ok := readHead(at, head)
	if !ok {
		return 0, nil, s.damage()
	}
	n := length + recordTail
	if at+recordHead+int64(n) > s.size {
		return 0, nil, errCut
	}
	if cap(s.body) < n {
		s.body = make([]byte, n+n/2)
	}
	if _, err := io.ReadFull(s.in, s.body[:n]); err != nil {
		return 0, nil, err
	}
	payload, ok = readTail(at, s.body[:n])
	if !ok {
		return 0, nil, s.damage()
	}
	return kind, payload, nil
}

func (s *recordScan) damage() error {
	if s.zeros {
		return errCut
	}
	return errDamaged
}

// ref is where a record is: its place, and in the low bits its payload's
// length.
type ref uint64

const refBits = 24 // enough for maxRecord

func newRef(at int64, length int) ref { return ref(at)<<refBits | ref(length) }

func (r ref) at() int64 { return int64(r >> refBits) }

func (r ref) length() int { return int(r & (1<<refBits - 1)) }

// destination is a number in international form, which fits a uint64 whole: no
// country code begins with 0, and 15 digits are the most.
type destination uint64

// addressee is a destination and the line of the list that it is on.
type addressee struct {
	to   destination
	line int
}

// encodeChunk writes text and recipients: uvarint length and text, "" for the
// manifest's own, then their count, and of each the number and the distance
// from the line before. Lines ascend within a chunk.
func encodeChunk(out []byte, text string, to []addressee) []byte {
	out = append(binary.AppendUvarint(out, uint64(len(text))), text...)
	out = binary.AppendUvarint(out, uint64(len(to)))
	line := 0
	for _, a := range to {
		out = binary.AppendUvarint(out, uint64(a.to))
		out = binary.AppendUvarint(out, uint64(max(line, a.line)-line))
		line = max(line, a.line)
	}
	return out
}

// decodeChunk reads what encodeChunk wrote: it passes text and count to begin,
// then each recipient to take, unless that is nil.
func decodeChunk(
	payload []byte, begin func(text string, count int), take func(addressee),
) error {
	r := reader{payload}
	text := r.text()
	count := r.uvarint()
	if r.rest == nil || count < 1 || count > maxChunkSize {
		return torn(fmt.Sprintf("a chunk of %d recipients", count))
	}
	begin(text, int(count))
	if take == nil {
		return nil
	}
	line := 0
	for range count {
		to := destination(r.uvarint())
		line += int(r.uvarint())
		take(addressee{to: to, line: line})
	}
	return r.end()
}

// InvalidRecipient is an entry of the list that is not sent to.
type InvalidRecipient struct {
	Line   int    // of the list, from 1; its position where the list has no lines
	Reason string // without the number
	Number string // as written, at most 64 bytes
}

// Format prints line and reason, for every verb.
func (r InvalidRecipient) Format(f fmt.State, _ rune) {
	printInstead(f, fmt.Sprintf("line %d: %s", r.Line, r.Reason))
}

// encodeInvalid appends an invalid entry to a block of them.
func encodeInvalid(out []byte, r InvalidRecipient) []byte {
	out = binary.AppendUvarint(out, uint64(r.Line))
	for _, s := range []string{r.Reason, r.Number} {
		out = append(binary.AppendUvarint(out, uint64(len(s))), s...)
	}
	return out
}

// decodeInvalid passes the invalid entries of a block to yield, until it
// returns false.
func decodeInvalid(block []byte, yield func(InvalidRecipient) bool) (more bool, err error) {
	r := reader{block}
	for len(r.rest) > 0 {
		invalid := InvalidRecipient{Line: int(r.uvarint()), Reason: r.text(), Number: r.text()}
		if r.rest == nil {
			break
		}
		if !yield(invalid) {
			return false, nil
		}
	}
	return true, r.end()
}

// reader reads a payload; rest is nil once something could not be read.
type reader struct{ rest []byte }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.rest = nil
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

// end returns an error unless the payload was read to its end.
func (r *reader) end() error {
	if r.rest == nil || len(r.rest) > 0 {
		return torn("a record does not end where it should")
	}
	return nil
}

func torn(why string) error { return fmt.Errorf("%w: %s", ErrTorn, why) }
