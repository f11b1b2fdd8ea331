package helliobulk

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/hellio-go/hellio"
)

// Preview is the first text of a batch, and what makes it cost what it costs.
type Preview struct {
	Text     string
	Segments hellio.Segments // characters, alphabet and segments; Forced forces UCS-2
	Braces   []string        // words in single braces, which are sent as they are
}

// Format prints the preview without the text, for every verb.
func (p Preview) Format(f fmt.State, _ rune) {
	printInstead(f, fmt.Sprintf("Preview{%+v}", p.Segments))
}

// Preview returns the first text of the batch.
func (b *Batch) Preview() (Preview, error) {
	text := b.manifest.Message
	err := b.store.eachOf(0, func(own string, _ int) { text = orElse(own, text) }, nil)
	return Preview{
		Text:     text,
		Segments: hellio.CountSegments(text),
		Braces:   singleBraces(b.manifest.Message),
	}, err
}

// singleBraces returns the words in single braces, such as {name}: they may be
// meant as placeholders.
func singleBraces(message string) (words []string) {
	message = strings.NewReplacer("{{", "\x00", "}}", "\x00").Replace(message)
	for {
		_, after, found := strings.Cut(message, "{")
		word, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			return words
		}
		if isFieldName(strings.TrimSpace(word)) {
			words = append(words, "{"+word+"}")
		}
		message = rest
	}
}

// SendTest sends the first text of the batch to one number, which need not be
// in the list. Its key follows from batch and number: while the API remembers
// it, a second test sends nothing and returns the first one's result. A number
// that cannot be sent to is a *hellio.ParamError.
func (b *Batch) SendTest(
	ctx context.Context, client *hellio.Client, number string,
) (*hellio.SMSSendResult, error) {
	if err := b.CheckAccount(ctx, client); err != nil {
		return nil, err
	}
	to, err := b.checkTest(number)
	if err != nil {
		return nil, err
	}
	preview, err := b.Preview()
	if err != nil {
		return nil, err
	}
	params := &hellio.SMSSendParams{
		Recipients: []string{to.String()},
		Sender:     b.manifest.Sender,
		Message:    preview.Text,
		Gateway:    b.manifest.Gateway,
	}
	return client.SMS.Send(ctx, params, hellio.WithIdempotencyKey(testKey(b.manifest.BatchID, to)))
}

// CheckTest returns a *hellio.ParamError if SendTest could not send to a
// number.
func (b *Batch) CheckTest(number string) error {
	_, err := b.checkTest(number)
	return err
}

func (b *Batch) checkTest(number string) (destination, error) {
	to, _, reason := normalise(number, b.manifest.Region, b.manifest.Landlines)
	if reason != "" {
		return 0, bad("test number", "one that is no recipient: "+reason, "a number as in the list")
	}
	return to, nil
}

func testKey(batchID string, to destination) string {
	return uuid.NewSHA1(keySpace(), []byte("test\x00"+batchID+"\x00"+to.String())).String()
}
