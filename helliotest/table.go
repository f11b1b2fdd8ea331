package helliotest

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// record is a thing that the API names by a numeric id and a reference.
type record interface {
	comparable
	key() (id int64, reference uuid.UUID)
}

// rowTable holds things of one kind in the order of their ids, found by either
// name. The zero value is empty.
type rowTable[T record] struct {
	rows  []T
	byRef map[uuid.UUID]T
}

// add appends a thing whose id is above all others.
func (t *rowTable[T]) add(row T) {
	if t.byRef == nil {
		t.byRef = make(map[uuid.UUID]T)
	}
	_, reference := row.key()
	t.rows = append(t.rows, row)
	t.byRef[reference] = row
}

// find looks a thing up by its name in a path: numeric id or reference. The
// zero T says that there is none.
func (t *rowTable[T]) find(name string) (found T) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if i, ok := t.seek(id); ok {
			return t.rows[i]
		}
		return found
	}
	if reference, err := uuid.Parse(name); err == nil && len(name) == 36 {
		return t.byRef[reference]
	}
	return found
}

// remove removes a thing. An absent thing changes nothing.
func (t *rowTable[T]) remove(row T) {
	id, reference := row.key()
	if i, ok := t.seek(id); ok {
		t.rows = slices.Delete(t.rows, i, i+1)
		delete(t.byRef, reference)
	}
}

// seek returns the place of the first row whose id is id or above.
func (t *rowTable[T]) seek(id int64) (int, bool) {
	return slices.BinarySearchFunc(t.rows, id, func(row T, id int64) int {
		rowID, _ := row.key()
		return cmp.Compare(rowID, id)
	})
}
