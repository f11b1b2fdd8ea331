package helliotest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestMagicNumbersChooseTheResultOfAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		data := newAPI(t, f).send(`{"sender":"HELLIO","message":"Hi","recipients":["` +
			helliotest.NumberDelivered + `","` + helliotest.NumberFailed[1:] + `","` +
			helliotest.NumberInvalid + `","` + helliotest.NumberUnreachable + `","` +
			helliotest.NumberPorted + `"]}`).data(t)
		require.Equal(t, 4.0, data["accepted_recipients"])
		require.Equal(t, 1.0, data["invalid_recipients"])
		require.Equal(t, "0.1240", f.Balance().Reserved)
		time.Sleep(5 * time.Second)
		for number, want := range map[string][2]string{
			helliotest.NumberDelivered:   {"delivered", ""},
			helliotest.NumberFailed:      {"failed", "The carrier did not deliver the message."},
			helliotest.NumberUnreachable: {"failed", "The phone could not be reached."},
			helliotest.NumberPorted:      {"delivered", ""},
		} {
			m := f.Messages(helliotest.To(number))
			require.Len(t, m, 1)
			require.Equal(t, want, [2]string{m[0].Status, m[0].Error}, number)
		}
		require.Empty(t, f.Messages(helliotest.To(helliotest.NumberInvalid)))
		require.Equal(t, "99.9380", f.Balance().Balance)
		require.Equal(t, "0.0000", f.Balance().Reserved)
	})
}

func TestTheInvalidNumberAloneRefusesTheSend(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	newAPI(t, f).send(`{"sender":"HELLIO","message":"Hi","recipients":["`+helliotest.NumberInvalid+
		`"]}`).refused(t, 422, "no_valid_recipients")
	require.Empty(t, f.Messages())
}

func TestMagicDestinationsChooseTheResultOfACode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithOTPLimit(0))
		a := newAPI(t, f)
		for to, want := range map[string][2]string{
			helliotest.NumberDelivered:    {"delivered", ""},
			helliotest.NumberFailed:       {"failed", "The carrier did not deliver the message."},
			helliotest.NumberUnreachable:  {"failed", "The phone could not be reached."},
			helliotest.NumberPorted:       {"delivered", ""},
			helliotest.EmailDeliverable:   {"delivered", ""},
			helliotest.EmailUndeliverable: {"failed", "The mailbox does not exist."},
			helliotest.EmailDisposable:    {"delivered", ""},
			helliotest.EmailRole:          {"delivered", ""},
			helliotest.EmailUnknown:       {"delivered", ""},
		} {
			body := `{"channel":"whatsapp","mobile_number":"` + to + `"}`
			if to[0] != '+' {
				body = `{"channel":"email","email":"` + to + `"}`
			}
			require.Equal(t, 201, a.sendOTP(body).status, to)
			time.Sleep(5 * time.Second)
			m := f.Messages(helliotest.To(to))
			require.Len(t, m, 1)
			require.Equal(t, want, [2]string{m[0].Status, m[0].Error}, to)
		}
		require.Equal(t, "99.8140", f.Balance().Balance, "6 of 9 are paid for")
	})
}
