package helliotest_test

import (
	"context"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAFilterNamesWhatItDoesNotPass(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(textTo("233209990001", "Hé"))
	a.send(textTo("233209990002", "Hé, you"))
	first, newest := f.Messages()[0].ID, f.Messages()[1].ID
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		passes, fails helliotest.Filter
		says          string // of fails and the newest message
	}{
		"to": {
			helliotest.To("+233209990002"), helliotest.To("+233209990009"),
			"To(…0009) (it goes to …0002)",
		},
		"to a short one": {
			helliotest.To("233209990002"), helliotest.To("12345"), "To(…45) (it goes to …0002)",
		},
		"to one digit": {
			helliotest.To("233209990002"), helliotest.To("1"), "To(…) (it goes to …0002)",
		},
		"to a mailbox": {
			helliotest.To("233209990002"), helliotest.To("ama@b.example"),
			"To(…@b.example) (it goes to …0002)",
		},
		"to no mailbox": {
			helliotest.To("233209990002"), helliotest.To("@b.example"),
			"To(…@b.example) (it goes to …0002)",
		},
		"from": {
			helliotest.From("HELLIO"), helliotest.From("hellio"),
			`From("hellio") (it comes from "HELLIO")`,
		},
		"contains": {
			helliotest.Contains("é, y"), helliotest.Contains("éé"),
			"Contains(a text of 2 characters) (its text of 7 characters does not)",
		},
		"channel": {
			helliotest.Channel("sms"), helliotest.Channel("voice"),
			`Channel("voice") (it goes by "sms")`,
		},
		"since": {
			helliotest.Since(helliotest.Mark{}), helliotest.Since(f.Mark()),
			"Since(a mark) (it came before the mark)",
		},
		"after": {
			helliotest.After(first), helliotest.After(newest), "After(1006) (its ID is 1006)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := f.Messages(c.passes)
			require.Equal(t, newest, found[len(found)-1].ID)
			require.Empty(t, f.Messages(c.fails))
			_, err := f.WaitMessage(ended, c.fails)
			require.ErrorContains(t, err, "the nearest of 2 messages, 1006, is not "+c.says+"; ")
		})
	}
	require.Len(t, f.Messages(helliotest.After(first)), 1)
	require.Equal(t, first, f.Messages(helliotest.To("233209990001"))[0].ID)
}
