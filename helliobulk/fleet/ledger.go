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
	phaseNone    = ""        // this dispatch was never tried
	phaseIdle    = "idle"    // tried, and each try is known to have had no effect
	phaseBegun   = "begun"   // a request was begun, and its end is not known
	phaseSettled = "settled" // its record is final
)

var (
	//go:embed begin.lua
	beginText string
	//go:embed end.lua
	endText string

	beginScript = redis.NewScript(beginText)
	endScript   = redis.NewScript(endText)
	countScript = redis.NewScript(countText)
)

// countText counts equal refusals in a row. KEYS: the count. ARGV: what they
// have in common, "" for a chunk that was accepted; life (ms).
const countText = `
if ARGV[1] == '' then
	redis.call('DEL', KEYS[1])
	return 0
end
if redis.call('HGET', KEYS[1], 'cause') ~= ARGV[1] then
	redis.call('DEL', KEYS[1])
	redis.call('HSET', KEYS[1], 'cause', ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'count', 1)`

// ledger is what Redis knows of a batch's chunks.
type ledger struct {
	redis    redis.UniversalClient
	hash     string // entries, by chunk
	news     string // list of chunks settled since the enqueuer last looked
	refusals string // equal ones in a row
}

// held is an entry of the ledger.
type held struct {
	phase  string
	try    string
	record helliobulk.Record
}

// countRefusals counts equal refusals in a row; "" is a chunk that was
// accepted.
func (l *ledger) countRefusals(ctx context.Context, cause string) (int, error) {
	keys := []string{l.refusals}
	return countScript.Run(ctx, l.redis, keys, cause, ledgerLife.Milliseconds()).Int()
}

// begin notes a try before its call, and returns what was known until then.
func (l *ledger) begin(ctx context.Context, r helliobulk.Record, try string) (held, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return held{}, err
	}
	answer, err := beginScript.Run(ctx, l.redis, []string{l.hash}, r.Index(), r.Dispatch(), try,
		text, ledgerLife.Milliseconds()).StringSlice()
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

// end notes a record after its call. noted is false when another try knows
// better.
func (l *ledger) end(ctx context.Context, r helliobulk.Record, try, phase string,
	sure bool) (noted bool, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	word := ""
	if sure {
		word = "sure"
	}
	n, err := endScript.Run(ctx, l.redis, []string{l.hash, l.news}, r.Index(), r.Dispatch(), try,
		phase, text, word, ledgerLife.Milliseconds()).Int()
	return n == 1, err
}

// look reads an entry; one of another dispatch counts as none.
func (l *ledger) look(ctx context.Context, r helliobulk.Record) (held, error) {
	stored, err := l.redis.HGet(ctx, l.hash, strconv.Itoa(r.Index())).Result()
	if err == redis.Nil {
		return held{record: r}, nil
	}
	if err != nil {
		return held{}, err
	}
	h, err := parseHeld(stored)
	if err == nil && h.record.Dispatch() != r.Dispatch() {
		h = held{record: r}
	}
	return h, err
}

// report puts a chunk among the news again.
func (l *ledger) report(ctx context.Context, index int) error {
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

// all passes every final record to take, page by page.
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

// latest passes the news to take, and forgets them once take has them on disk.
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
