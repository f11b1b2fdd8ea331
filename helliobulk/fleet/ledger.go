package fleet

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio/helliobulk"
)

// ledgerLife is how long an unused ledger stays: far longer than any margin.
const ledgerLife = 60 * 24 * time.Hour

// Phases of a chunk in the ledger.
const (
	phaseNone    = ""        // this hand-out was never tried
	phaseIdle    = "idle"    // tried, and each try is known to have had no effect
	phaseBegun   = "begun"   // a call was begun and nobody knows how it ended
	phaseSettled = "settled" // its record is final
)

var (
	//go:embed begin.lua
	beginText string
	//go:embed end.lua
	endText string

	beginScript = redis.NewScript(beginText)
	endScript   = redis.NewScript(endText)
)

// ledger is what Redis knows of a batch's chunks: a hash by chunk, and a list of those settled since the enqueuer last looked.
type ledger struct {
	redis redis.UniversalClient
	hash  string
	news  string
}

// held is an entry of the ledger.
type held struct {
	phase  string
	try    string
	record helliobulk.Record
}

// begin notes a try before its call, and gives what was known until then.
func (l *ledger) begin(ctx context.Context, r helliobulk.Record, try string) (held, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return held{}, err
	}
	answer, err := beginScript.Run(ctx, l.redis, []string{l.hash}, r.Index(), r.Handout(), try, text, ledgerLife.Milliseconds()).StringSlice()
	if err != nil {
		return held{}, err
	}
	if len(answer) != 2 {
		return held{}, fmt.Errorf("the ledger's answer has %d parts, not 2", len(answer))
	}
	h := held{phase: answer[0], try: try, record: r}
	if answer[1] != "" {
		err = json.Unmarshal([]byte(answer[1]), &h.record)
	}
	return h, err
}

// end notes a record after its call. noted is false when another try knows better.
func (l *ledger) end(ctx context.Context, r helliobulk.Record, try, phase string, sure bool) (noted bool, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	word := ""
	if sure {
		word = "sure"
	}
	n, err := endScript.Run(ctx, l.redis, []string{l.hash, l.news}, r.Index(), r.Handout(), try, phase, text, word, ledgerLife.Milliseconds()).Int()
	return n == 1, err
}

// look reads an entry; one of another hand-out counts as none.
func (l *ledger) look(ctx context.Context, r helliobulk.Record) (held, error) {
	stored, err := l.redis.HGet(ctx, l.hash, strconv.Itoa(r.Index())).Result()
	if err == redis.Nil {
		return held{record: r}, nil
	}
	if err != nil {
		return held{}, err
	}
	h, err := parseHeld(stored)
	if err == nil && h.record.Handout() != r.Handout() {
		h = held{record: r}
	}
	return h, err
}

// tell puts a chunk among the news once more.
func (l *ledger) tell(ctx context.Context, index int) error {
	return l.redis.RPush(ctx, l.news, index).Err()
}

// parseHeld reads what the scripts write.
func parseHeld(stored string) (h held, err error) {
	parts := strings.SplitN(stored, "|", 4)
	if len(parts) != 4 {
		return h, fmt.Errorf("an entry of the ledger has %d parts, not 4", len(parts))
	}
	h.phase, h.try = parts[2], parts[1]
	return h, json.Unmarshal([]byte(parts[3]), &h.record)
}

// settled are the final ones among stored entries.
func settled(stored []string) ([]helliobulk.Record, error) {
	var records []helliobulk.Record
	for _, s := range stored {
		h, err := parseHeld(s)
		if err != nil {
			return nil, err
		}
		if h.phase == phaseSettled {
			records = append(records, h.record)
		}
	}
	return records, nil
}

// all hands every final record to take, page by page.
func (l *ledger) all(ctx context.Context, take func(...helliobulk.Record) error) error {
	for cursor := uint64(0); ; {
		pairs, next, err := l.redis.HScan(ctx, l.hash, cursor, "", newsPage).Result()
		if err != nil {
			return away(err)
		}
		var stored []string
		for i := 1; i < len(pairs); i += 2 {
			stored = append(stored, pairs[i])
		}
		records, err := settled(stored)
		if err != nil {
			return err
		}
		if err := take(records...); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

const newsPage = 500

// latest hands the news to take, and forgets them once take has them on disk.
func (l *ledger) latest(ctx context.Context, take func(...helliobulk.Record) error) error {
	for {
		indexes, err := l.redis.LRange(ctx, l.news, 0, newsPage-1).Result()
		if err != nil {
			return away(err)
		}
		if len(indexes) == 0 {
			return nil
		}
		values, err := l.redis.HMGet(ctx, l.hash, indexes...).Result()
		if err != nil {
			return away(err)
		}
		var stored []string
		for _, v := range values {
			if s, ok := v.(string); ok {
				stored = append(stored, s)
			}
		}
		records, err := settled(stored)
		if err != nil {
			return err
		}
		if err := take(records...); err != nil {
			return err
		}
		if err := l.redis.LTrim(ctx, l.news, int64(len(indexes)), -1).Err(); err != nil {
			return away(err)
		}
	}
}
