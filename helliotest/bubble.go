package helliotest

import (
	"errors"
	"time"
)

// A bubble's clock begins at the year 2000, so a time far from the fake's birth is a time of another bubble, or of none.
const bubbleDistance = 20 * 365 * 24 * time.Hour

var (
	errMadeOutside = errors.New("this Fake was made outside the synctest bubble it is used in; call helliotest.New inside the function given to synctest.Test")
	errMadeInside  = errors.New("this Fake was made inside a synctest bubble and is used outside it; a bubble's Fake ends with its bubble")
)

// belongs tells whether the fake is used where its timers and channels may be touched; the runtime's own answer would be a fatal error.
func (f *Fake) belongs() error {
	switch age := time.Since(f.born.Round(0)); {
	case age < -bubbleDistance:
		return errMadeOutside
	case age > bubbleDistance && f.inBubble():
		return errMadeInside
	}
	return nil
}

// inBubble tells whether the fake was made in a synctest bubble: nothing else has run on a clock before 2025.
func (f *Fake) inBubble() bool { return bubbled(f.born) }

func bubbled(now time.Time) bool { return now.Year() < 2025 }
