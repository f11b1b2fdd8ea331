package helliotest

import (
	"errors"
	"time"
)

var (
	errMadeOutside = errors.New("this Fake was made outside the synctest bubble it is used in; " +
		"call helliotest.New inside the function given to synctest.Test")
	errMadeInside = errors.New("this Fake was made inside a synctest bubble and is used outside " +
		"it; " +
		"a bubble's Fake ends with its bubble")
)

// belongs returns an error if the fake's timers and channels must not be
// touched here; the runtime would end the program. It does not notice a fake of
// another bubble.
func (e *engine) belongs() error {
	switch here := bubbled(time.Now()); {
	case here == e.inBubble():
		return nil
	case here:
		return errMadeOutside
	default:
		return errMadeInside
	}
}

// inBubble reports whether the fake was made in a synctest bubble.
func (e *engine) inBubble() bool { return bubbled(e.born) }

// bubbled reports whether now, of time.Now, is of a synctest bubble. There a
// time has no monotonic reading; and no other program runs on a clock before
// 2025. The year alone proves nothing, because a bubble may run for 100 years.
func bubbled(now time.Time) bool { return now == now.Round(0) || now.Year() < 2025 }
