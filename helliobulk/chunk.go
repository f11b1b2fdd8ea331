package helliobulk

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// endpoint is what a batch calls, below the base URL.
const endpoint = "sms/send"

// Chunk is one call of a batch, with all that a worker needs to make it: it
// marshals to JSON whole, numbers and text included, so that a queue can carry
// it.
type Chunk struct {
	BatchID    string   `json:"batch_id"`
	Index      int      `json:"index"`
	Key        string   `json:"key"`      // the idempotency key, which never changes
	Endpoint   string   `json:"endpoint"` // "sms/send"
	BaseURL    string   `json:"base_url"`
	Account    string   `json:"account"` // the token's fingerprint
	Sender     string   `json:"sender"`
	Message    string   `json:"message"`
	Gateway    string   `json:"gateway,omitempty"`
	Recipients []string `json:"recipients"` // E.164, with +
}

// Format prints the chunk without text and numbers, for every verb.
func (c Chunk) Format(f fmt.State, _ rune) {
	n := strconv.Itoa(len(c.Recipients))
	printInstead(f, "Chunk{"+c.BatchID+"/"+strconv.Itoa(c.Index)+", "+n+" recipients}")
}

// ChunkKey returns the idempotency key of a chunk: a UUIDv5 of batch and index.
// The text is not in it, so that no edit can make a second key for what was
// sent already.
func ChunkKey(batchID string, index int) string {
	name := "v1\x00" + endpoint + "\x00" + batchID + "\x00" + strconv.Itoa(index)
	return uuid.NewSHA1(keySpace(), []byte(name)).String()
}

func keySpace() uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/hellio-go/hellio/helliobulk"))
}
