package helliobulk

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// dedupe reports whether a text to a number is new to the batch. It drops no
// message for a likeness: numbers are compared whole, and texts by 128 bits of
// their SHA-256.
type dedupe struct {
	numbers *roaring64.Bitmap    // for one text
	texts   map[textKey]struct{} // for personal texts
}

// textKey is a number with a text to it.
type textKey [16]byte

func newTextKey(to destination, text string) textKey {
	content := append(binary.LittleEndian.AppendUint64(nil, uint64(to)), text...)
	sum := sha256.Sum256(content)
	return textKey(sum[:16])
}

func newDedupe(personal bool) *dedupe {
	if personal {
		return &dedupe{texts: map[textKey]struct{}{}}
	}
	return &dedupe{numbers: roaring64.New()}
}

func (d *dedupe) isNew(to destination, text string) bool {
	if d.numbers != nil {
		return d.numbers.CheckedAdd(uint64(to))
	}
	key := newTextKey(to, text)
	_, seen := d.texts[key]
	d.texts[key] = struct{}{}
	return !seen
}
