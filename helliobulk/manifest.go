package helliobulk

import (
	"fmt"
	"time"
)

// Manifest is what a batch is. It is written whole before the first message is
// sent and never changed, except by Options.AdoptToken.
type Manifest struct {
	Version    int       `json:"format"` // of the store
	BatchID    string    `json:"batch_id"`
	Endpoint   string    `json:"endpoint"`
	BaseURL    string    `json:"base_url"`
	Account    string    `json:"account"` // the token's fingerprint
	Created    time.Time `json:"created"`
	Sender     string    `json:"sender"`
	Message    string    `json:"message"`
	Gateway    string    `json:"gateway,omitempty"`
	Region     string    `json:"region,omitempty"`
	Landlines  bool      `json:"landlines,omitempty"`
	ParamsHash string    `json:"params_sha256"`
	ListHash   string    `json:"list_sha256"` // of the list as given
	ChunkSize  int       `json:"chunk_size"`
	Personal   bool      `json:"personal"` // the message has placeholders

	Given      int        `json:"given"`            // entries of the list
	Invalid    int        `json:"invalid"`          // of these, not to be sent to
	Duplicates int        `json:"duplicates"`       // of these, a text that the number has already
	Excepted   int        `json:"excepted"`         // of these, left out
	Except     []Excepted `json:"except,omitempty"` // batches whose recipients were left out
	Recipients int        `json:"recipients"`       // of the entries, to be sent to
	Chunks     int        `json:"chunks"`           // calls that this takes

	// Volumes are by country, ISO 3166-1 alpha-2; "" for numbers of none.
	Volumes map[string]Volume `json:"volumes"`
}

// Excepted is a batch whose recipients were left out.
type Excepted struct {
	BatchID string `json:"batch_id"`
	Store   string `json:"store"` // path, as the caller named it
}

// Volume is what is sent to one country.
type Volume struct {
	Recipients int   `json:"recipients"`
	Segments   int64 `json:"segments"` // of all their texts
}

// Format prints the manifest without the text, for every verb.
func (m Manifest) Format(f fmt.State, _ rune) {
	text := fmt.Sprintf("Manifest{batch %q, %d recipients in %d chunks}",
		m.BatchID, m.Recipients, m.Chunks)
	printInstead(f, text)
}
