package helliotest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func every(helliotest.Request) bool { return true }

func TestCallsArePagedFromTheNewest(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a, p := newAPI(t, f), programOf(f)
	for range 3 {
		a.send(oneSMS)
	}
	all := f.Requests()
	ids := func(calls []helliotest.Request) (out []int64) {
		for _, call := range calls {
			out = append(out, call.ID)
		}
		return out
	}
	first, second := all[0].ID, all[1].ID
	third := all[2].ID
	require.Equal(t, []int64{third, second}, ids(p.CallsBefore(0, 0, 2, every)))
	require.Equal(t, []int64{first}, ids(p.CallsBefore(second, 0, 2, every)))
	require.Equal(t, []int64{third}, ids(p.CallsBefore(0, second, 9, every)))
	require.Empty(t, p.CallsBefore(0, third, 9, every))
	require.Equal(t, []int64{second}, ids(p.CallsBefore(0, 0, 9, func(c helliotest.Request) bool {
		return c.ID == second && len(c.Body) > 0 && len(c.ResponseBody) > 0
	})), "the filter sees the bodies")
	require.Empty(t, p.CallsBefore(0, 0, 1, every)[0].Body, "a row has none")
	require.Equal(t, 3, p.CountCalls(0))
	require.Equal(t, 1, p.CountCalls(second))

	found, known := p.Call(second)
	require.True(t, known)
	require.Equal(t, all[1], found)
	_, known = p.Call(second + 1)
	require.False(t, known, "that is a message")
	made, total := p.MessagesOf(second, 9)
	require.Equal(t, 1, total)
	require.Equal(t, f.Messages()[1], made[0])
	made, total = p.MessagesOf(second, 0)
	require.Empty(t, made)
	require.Equal(t, 1, total)
	_, total = p.MessagesOf(second+1, 9)
	require.Zero(t, total)
}

func TestWindowsAndSpendingAreReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t, helliotest.WithSpendLimit("monthly", "5"))
		a, p := newAPI(t, f), programOf(f)
		_, left, ends, known := p.TokenState(helliotest.DefaultToken)
		require.True(t, known)
		require.Equal(t, 120, left)
		require.True(t, ends.IsZero(), "no window is running")
		began := f.Now()
		a.send(oneSMS)
		scopes, left, ends, _ := p.TokenState(helliotest.DefaultToken)
		require.Equal(t, []string{"*"}, scopes)
		require.Equal(t, 119, left)
		require.Equal(t, began.Add(time.Minute), ends)
		_, _, _, known = p.TokenState("unknown")
		require.False(t, known)

		spent, until := p.Spent()
		require.Equal(t, "0.0310", spent)
		require.Equal(t, time.Date(began.Year(), began.Month()+1, 1, 0, 0, 0, 0, time.UTC), until)
		var addresses []string
		note := func(address string, left int, ends time.Time) {
			addresses = append(addresses, address)
			require.Equal(t, 9, left)
		}
		p.EachOTPWindow(note)
		require.Empty(t, addresses)
		a.do(http.MethodPost, "/otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO"}`)
		p.EachOTPWindow(note)
		require.Len(t, addresses, 1)
		f.Advance(time.Minute)
		p.EachOTPWindow(note)
		require.Len(t, addresses, 1, "the window is over")
		require.Equal(t, 2, p.Holds()["messages"])
	})
}

func TestNamedTokensLeaveTheSeedInPlace(t *testing.T) {
	t.Parallel()
	plain, named := helliotest.New(t), helliotest.New(t)
	made := []string{plain.IssueToken("balance"), plain.IssueToken()}
	program := programOf(named)
	program.NameTokens(func(token string) string { return "named " + token })
	require.Equal(t, "named "+made[0], named.IssueToken("balance"))
	program.AddToken("added", []string{"balance"})
	for _, f := range []*helliotest.Fake{plain, named} {
		newAPI(t, f).send(textTo("233209990001", "Hi"))
	}
	require.Equal(t, plain.Messages()[0].Reference, named.Messages()[0].Reference)

	for _, token := range []string{"named " + made[0], "added"} {
		scopes, _, _, known := program.TokenState(token)
		require.True(t, known, token)
		require.Equal(t, []string{"balance"}, scopes)
		require.True(t, named.RevokeToken(token))
	}
	_, _, _, known := program.TokenState(made[0])
	require.False(t, known)
}
