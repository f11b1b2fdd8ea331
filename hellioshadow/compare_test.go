package hellioshadow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnswerIsDroppedWhileAnotherIsCompared(t *testing.T) {
	t.Parallel()
	s := New()
	s.mu.Lock()
	s.compare(seen{key: answerKey{"GET /balance", 200}}, nil)
	s.mu.Unlock()
	require.Equal(t, 1, s.Report().Dropped)
	require.Zero(t, s.Report().Compared)
}

func TestUnknownFindingsAreLimited(t *testing.T) {
	t.Parallel()
	s := New()
	for range 3 {
		text := `{"data":{`
		for a := 'a'; a <= 'z'; a++ {
			for b := 'a'; b <= 'z'; b++ {
				for c := 'a'; c <= 'c'; c++ {
					text += `"x` + string([]rune{a, b, c}) + `":1,`
				}
			}
		}
		s.compare(seen{key: answerKey{"GET /balance", 200}}, []byte(text+`"z":1}}`))
	}
	require.Len(t, s.Report().Unknown, maxUnknown)
}
