package hellio

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestSMSSendReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(
		"POST",
		"https://api.helliomessaging.com/v1/sms/send",
		httpmock.NewStringResponder(202, sentBody),
	)
	result, err := stubbed(t, mock).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey("k1"))
	require.NoError(t, err)
	require.Equal(t, &SMSSendResult{
		KeyedResult: KeyedResult{
			IdempotencyKey: "k1",
		},
		Reference:          "0b8f6c9e-7f0e-4d52-9f0c-5d8f1f6f2a11",
		CampaignID:         "7731",
		Status:             "queued",
		AcceptedRecipients: 1,
		Segments:           1,
		EstimatedCost:      Amount{"0.0310"},
		Currency:           "GHS",
	}, result)
}

func TestSMSSendSendsTheParamsUnchanged(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*SMSSendParams{
		"plain": oneSMS(),
		"many recipients": {
			Recipients: []string{"+233209990001", "233209990002", "+233 20 999 0003"},
			Sender:     "HELLIO",
			Message:    "Hi",
			Gateway:    "direct",
		},
		"text that JSON escapes": {
			Recipients: []string{testNumber},
			Sender:     "A&B <C>",
			Message:    "a\"b\\c\n\t<é€😀\u2028\x00 ü",
		},
		"the longest of all": {
			Recipients: []string{strings.Repeat("9", 20)},
			Sender:     "ABCDEFGHIJK",
			Message:    strings.Repeat("😀", 1600),
		},
		"letters of several bytes": {
			Recipients: []string{testNumber},
			Sender:     "ÄÖÜÄÖÜÄÖÜÄÖ",
			Message:    "x",
		},
		"white space": {Recipients: []string{testNumber}, Sender: "HELLIO", Message: " "},
		"10,000 recipients": {
			Recipients: strings.Split(strings.Repeat(testNumber+",", 9999)+testNumber, ","),
			Sender:     "HELLIO",
			Message:    "x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(202, sentBody))
			_, err := stubbed(t, s).SMS.Send(t.Context(), p)
			require.NoError(t, err)
			var sent SMSSendParams
			require.NoError(t, json.Unmarshal([]byte(s.requests()[0].body), &sent))
			require.Equal(t, *p, sent)
		})
	}
}

func TestSMSSendOmitsZeroFields(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody))
	require.NoError(t, sendSMS(t.Context(), stubbed(t, s)))
	require.NotContains(t, s.requests()[0].body, "gateway")
	require.Equal(t, http.MethodPost, s.requests()[0].method)
	require.True(t, strings.HasSuffix(s.requests()[0].url, "/v1/sms/send"))
}

func TestSMSSendUsesTheDefaultSender(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody))
	c := stubbed(t, s, WithDefaultSender("SHOP"))
	p := &SMSSendParams{Recipients: []string{testNumber}, Message: testText}
	_, err := c.SMS.Send(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, &SMSSendParams{Recipients: []string{testNumber}, Message: testText}, p)
	_, err = c.SMS.Send(t.Context(), oneSMS())
	require.NoError(t, err)
	require.Contains(t, s.requests()[0].body, `"sender":"SHOP"`)
	require.Contains(t, s.requests()[1].body, `"sender":"HELLIO"`, "the params take precedence")
}

func TestSMSSendRefusesBadInput(t *testing.T) {
	t.Parallel()
	change := func(f func(*SMSSendParams)) *SMSSendParams {
		p := oneSMS()
		f(p)
		return p
	}
	for name, c := range map[string]struct {
		params *SMSSendParams
		field  string
		names  []string
	}{
		"nil params": {nil, "params", []string{"nil"}},
		"nil recipients": {
			change(func(p *SMSSendParams) { p.Recipients = nil }),
			"recipients",
			[]string{"0 ", "10000"},
		},
		"no recipients": {
			change(func(p *SMSSendParams) { p.Recipients = []string{} }),
			"recipients",
			[]string{"0 ", "10000"},
		},
		"10,001 recipients": {
			change(func(p *SMSSendParams) { p.Recipients = make([]string, 10_001) }),
			"recipients",
			[]string{"10001 ", "10000"},
		},
		"an empty recipient": {
			change(func(p *SMSSendParams) { p.Recipients = []string{testNumber, ""} }),
			"recipients[1]",
			[]string{"an empty string", "20"},
		},
		"a blank recipient": {
			change(func(p *SMSSendParams) {
				p.Recipients = []string{testNumber, testNumber, " \t"}
			}),
			"recipients[2]",
			[]string{"2 characters", "20"},
		},
		"a long recipient": {
			change(func(p *SMSSendParams) { p.Recipients = []string{strings.Repeat("7", 21)} }),
			"recipients[0]",
			[]string{"21 characters", "20"},
		},
		"a broken recipient": {
			change(func(p *SMSSendParams) { p.Recipients = []string{"+233\xff"} }),
			"recipients[0]",
			[]string{"UTF-8"},
		},
		"an empty message": {
			change(func(p *SMSSendParams) { p.Message = "" }),
			"message",
			[]string{"an empty string", "1600"},
		},
		"a long message": {
			change(func(p *SMSSendParams) { p.Message = strings.Repeat("é", 1601) }),
			"message",
			[]string{"1601 characters", "1600"},
		},
		"a broken message": {
			change(func(p *SMSSendParams) { p.Message = "caf\xe9" }),
			"message",
			[]string{"UTF-8"},
		},
		"no sender": {
			change(func(p *SMSSendParams) { p.Sender = "" }),
			"sender",
			[]string{"an empty string", "11", "WithDefaultSender"},
		},
		"a blank sender": {
			change(func(p *SMSSendParams) { p.Sender = "   " }),
			"sender",
			[]string{"3 characters", "11"},
		},
		"a long sender": {
			change(func(p *SMSSendParams) { p.Sender = "ÄÖÜÄÖÜÄÖÜÄÖÜ" }),
			"sender",
			[]string{"12 characters", "11"},
		},
		"a broken sender": {
			change(func(p *SMSSendParams) { p.Sender = "\xff" }),
			"sender",
			[]string{"UTF-8"},
		},
		"a gateway not UTF-8": {
			change(func(p *SMSSendParams) { p.Gateway = "\xff" }),
			"gateway",
			[]string{"UTF-8"},
		},
		"several mistakes":     {&SMSSendParams{}, "recipients", nil},
		"the key is not asked": {change(func(p *SMSSendParams) { p.Message = "" }), "message", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(202, sentBody))
			result, err := stubbed(t, s).SMS.Send(t.Context(), c.params)
			require.Nil(t, result)
			requireParamError(t, err, c.field, c.names...)
			require.Empty(t, s.requests())
			require.NotContains(t, err.Error(), "7777777")
			require.NotContains(t, err.Error(), testText)
		})
	}
}
