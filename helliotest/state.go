package helliotest

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/sched"
	"github.com/hellio-go/hellio/internal/window"
)

// world holds all state that Reset forgets. Each resource has one field here,
// whose zero value is ready to use. The engine's lock guards it.
type world struct {
	e      *engine
	number int64 // among the worlds of its fake
	clock  sched.Queue
	source *rand.PCG // of random
	random *rand.Rand
	lastID int64

	account      accountState
	purse        purse
	spent        spending
	tokens       map[string]*apiToken
	keys         map[keyID]*keyed
	scopes       map[keyScope]*keyScope
	keyRow       []*keyed // in the order in which they were claimed, those that were released too
	faults       []*Fault
	requests     []*logged
	requestsGone int // those that have left
	// the last call that was refused or that violated, unless its operation has
	// succeeded since
	refused      *logged
	names, pairs []string // of keepHeader, which fills them again
	kept         int64    // bytes of bodies and headers of requests
	left         bool     // by Reset or the end: the program counts them no more
	violations   []Violation

	messages  rowTable[*messageRow]
	campaigns rowTable[*campaign]
	otps      otpBook
	logins    map[string]*window.Window // tries to log in, by e-mail address or caller
	voices    rowTable[*voiceCampaign]
	lookups   rowTable[*lookup]
	// evictedLookups are not listed any more, but their cost is still reserved.
	evictedLookups []*lookup
	webhooks       rowTable[*webhook]
	ussd           ussdWorld

	deliveries []*delivery
	queues     map[string]*postQueue // by URL
}

func newWorld(e *engine) (*world, error) {
	e.worlds++
	source := rand.NewPCG(e.cfg.seed, 0x48656c6c696f)
	w := &world{
		e:       e,
		number:  e.worlds,
		source:  source,
		random:  rand.New(source),
		lastID:  1000,
		account: e.cfg.account,
		purse:   purse{balance: e.cfg.balance},
		tokens:  make(map[string]*apiToken, len(e.cfg.tokens)),
		keys:    make(map[keyID]*keyed),
		ussd:    ussdWorld{balance: e.cfg.ussd.balance},
	}
	for _, g := range e.cfg.tokens {
		w.addToken(g)
	}
	if e.cfg.snapshot != nil {
		return w, w.restore(e.cfg.snapshot)
	}
	for _, hook := range e.cfg.webhooks {
		w.addEndpoint(hook)
	}
	return w, nil
}

// nextID returns the next numeric id. All kinds share one sequence, so that an
// id names one thing only.
func (w *world) nextID() int64 {
	w.lastID++
	return w.lastID
}

// newReference returns the next reference from the seed: a random UUID with the
// version and variant of RFC 9562.
func (w *world) newReference() uuid.UUID {
	var id uuid.UUID
	binary.LittleEndian.PutUint64(id[:8], w.random.Uint64())
	binary.LittleEndian.PutUint64(id[8:], w.random.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newText returns n random letters and digits from the seed.
func (w *world) newText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphanumerics[w.random.IntN(len(alphanumerics))]
	}
	return string(text)
}
