package helliobulk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
)

// bbolt trusts its file: a page that points astray is a panic there, a page that points to itself an endless recursion, and a freelist that
// names a page in use costs that page. So the whole tree is walked before bbolt sees the file. The format is bbolt's version 2.
const (
	pageHeader  = 16 // id, flags, count, overflow
	pageElement = 16 // of a branch: pos, ksize, pgid; of a leaf: flags, pos, ksize, vsize
	branchPage  = 0x01
	leafPage    = 0x02
	freePage    = 0x10
	bucketFlag  = 0x01
	boltMagic   = 0xED0CDAED
	boltVersion = 2
	noFreelist  = ^uint64(0)
	metaSize    = 64
)

// pages walks the pages of a bbolt file.
type pages struct {
	file  io.ReaderAt
	size  uint64 // of a page
	limit uint64 // pages in use lie below
	used  []bool
	todo  []span
	page  []byte // the one that is looked at; the next takes its place
}

// span is a page that is to be walked, and what its keys must lie between.
type span struct {
	id     uint64
	lo, hi []byte // lo <= key < hi; nil hi: no end
}

// checkPages reads a whole file and returns an error that matches ErrTorn if bbolt would stumble over it.
func checkPages(file io.ReaderAt, length int64) error {
	meta, size, err := latestMeta(file)
	if err != nil {
		return err
	}
	p := &pages{file: file, size: size, limit: binary.NativeEndian.Uint64(meta[40:])}
	if p.limit < 4 || p.limit > uint64(length)/size {
		return torn("it is shorter than it says")
	}
	p.used = make([]bool, p.limit)
	p.used[0], p.used[1] = true, true
	p.todo = append(p.todo, span{id: binary.NativeEndian.Uint64(meta[16:])})
	for len(p.todo) > 0 {
		next := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		if err := p.walk(next); err != nil {
			return err
		}
	}
	return p.checkFreelist(binary.NativeEndian.Uint64(meta[32:]))
}

func torn(why string) error { return fmt.Errorf("%w: %s", ErrTorn, why) }

// latestMeta gives the newer of the two heads. Both must be whole: falling back to the older one would forget what was written last.
func latestMeta(file io.ReaderAt) (meta []byte, size uint64, err error) {
	first, err := readMeta(file, 0)
	if err != nil {
		return nil, 0, err
	}
	size = uint64(binary.NativeEndian.Uint32(first[8:]))
	if size < 1024 || size > 1<<16 || size&(size-1) != 0 {
		return nil, 0, torn("its page size makes no sense")
	}
	second, err := readMeta(file, int64(size))
	if err != nil {
		return nil, 0, err
	}
	if binary.NativeEndian.Uint64(second[48:]) > binary.NativeEndian.Uint64(first[48:]) {
		first = second
	}
	return first, size, nil
}

func readMeta(file io.ReaderAt, at int64) ([]byte, error) {
	page := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(page, at); err != nil {
		return nil, torn("it is cut off in its head")
	}
	meta := page[pageHeader:]
	sum := fnv.New64a()
	_, _ = sum.Write(meta[:56])
	if binary.NativeEndian.Uint32(meta) != boltMagic || binary.NativeEndian.Uint32(meta[4:]) != boltVersion || binary.NativeEndian.Uint64(meta[56:]) != sum.Sum64() {
		return nil, torn("its head is not that of a store, or is damaged")
	}
	return meta, nil
}

// read gives a page with its overflow, until the next is read, and marks it as used.
func (p *pages) read(id uint64) ([]byte, error) {
	if id < 2 || id >= p.limit {
		return nil, torn("a page is out of range")
	}
	header := make([]byte, pageHeader)
	if _, err := p.file.ReadAt(header, int64(id*p.size)); err != nil {
		return nil, torn("it is cut off")
	}
	overflow := uint64(binary.NativeEndian.Uint32(header[12:]))
	if binary.NativeEndian.Uint64(header) != id || overflow >= p.limit-id {
		return nil, torn("a page is not the one it should be")
	}
	for i := id; i <= id+overflow; i++ {
		if p.used[i] {
			return nil, torn("a page is used twice")
		}
		p.used[i] = true
	}
	p.page = slices.Grow(p.page[:0], int((overflow+1)*p.size))[:(overflow+1)*p.size]
	if _, err := p.file.ReadAt(p.page, int64(id*p.size)); err != nil {
		return nil, torn("it is cut off")
	}
	return p.page, nil
}

func (p *pages) walk(s span) error {
	page, err := p.read(s.id)
	if err != nil {
		return err
	}
	return p.walkElements(page, s)
}

// walkElements checks the elements of a page, or of a small bucket that lies within another's value.
func (p *pages) walkElements(page []byte, s span) error {
	flags, count := binary.NativeEndian.Uint16(page[8:]), int(binary.NativeEndian.Uint16(page[10:]))
	if flags != branchPage && flags != leafPage || pageHeader+count*pageElement > len(page) || flags == branchPage && count == 0 {
		return torn("a page is of no known kind, or has no room for its elements")
	}
	lo, first := s.lo, true
	var children []span
	for i := range count {
		at := pageHeader + i*pageElement
		key, value, err := element(page, at, flags)
		if err != nil {
			return err
		}
		if order := bytes.Compare(key, lo); order < 0 || order == 0 && !first || s.hi != nil && bytes.Compare(key, s.hi) >= 0 {
			return torn("its keys are out of order")
		}
		lo, first = key, false // within the page, which stays until all of it is seen
		switch {
		case flags == branchPage:
			if len(children) > 0 {
				children[len(children)-1].hi = bytes.Clone(key)
			}
			children = append(children, span{id: binary.NativeEndian.Uint64(page[at+8:]), lo: bytes.Clone(key), hi: s.hi})
		case binary.NativeEndian.Uint32(page[at:])&bucketFlag != 0:
			if err := p.walkBucket(value); err != nil {
				return err
			}
		}
	}
	p.todo = append(p.todo, children...)
	return nil
}

// element cuts key and value of an element out of its page.
func element(page []byte, at int, flags uint16) (key, value []byte, err error) {
	e := page[at : at+pageElement]
	pos, ksize, vsize := uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:])), uint64(0)
	if flags == leafPage {
		pos, ksize, vsize = uint64(binary.NativeEndian.Uint32(e[4:])), uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
	}
	start := uint64(at) + pos
	if ksize == 0 || start+ksize+vsize > uint64(len(page)) {
		return nil, nil, torn("an element reaches beyond its page")
	}
	return page[start : start+ksize], page[start+ksize : start+ksize+vsize], nil
}

// walkBucket checks a bucket's value: its root page, or the bucket itself when the root is 0.
func (p *pages) walkBucket(value []byte) error {
	if len(value) < 16 {
		return torn("a bucket is cut")
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		p.todo = append(p.todo, span{id: root})
		return nil
	}
	inline := value[16:]
	if len(inline) < pageHeader || binary.NativeEndian.Uint16(inline[8:]) != leafPage {
		return torn("a bucket is cut")
	}
	return p.walkElements(inline, span{})
}

// checkFreelist checks that each page is either in use or free, as far as the list tells.
func (p *pages) checkFreelist(id uint64) error {
	if id == noFreelist {
		return torn("it has no list of free pages")
	}
	page, err := p.read(id)
	if err != nil {
		return err
	}
	if binary.NativeEndian.Uint16(page[8:]) != freePage {
		return torn("its list of free pages is none")
	}
	at, count := uint64(pageHeader), uint64(binary.NativeEndian.Uint16(page[10:]))
	if count == 0xFFFF { // then the first entry is the count
		count, at = binary.NativeEndian.Uint64(page[at:]), at+8
	}
	if count > (uint64(len(page))-at)/8 {
		return torn("its list of free pages is cut")
	}
	for i := range count {
		free := binary.NativeEndian.Uint64(page[at+8*i:])
		if free < 2 || free >= p.limit || p.used[free] {
			return torn("a free page is in use")
		}
		p.used[free] = true
	}
	if slices.Contains(p.used, false) {
		return torn("a page is neither in use nor free")
	}
	return nil
}
