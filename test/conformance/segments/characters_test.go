//go:build !race

package segments

import (
	"strings"
	"testing"
)

// The race detector takes eight times as long and has nothing to find here.
//
// At 70 and 71, 160 and 161 repetitions the units of a character and its
// alphabet show in the count.
func TestEachCharacterHasTheLibrarysSegments(t *testing.T) {
	for r := range rune(0x30000) {
		if 0xD800 <= r && r < 0xE000 || r >= 0x2100 && r < 0x1F600 && r&0xFF != 0 {
			continue // one of each 256 stands for those that no table has
		}
		for _, times := range []int{1, 35, 36, 70, 71, 80, 81, 160, 161} {
			requireSameSegments(t, strings.Repeat(string(r), times))
		}
	}
}
