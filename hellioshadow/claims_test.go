package hellioshadow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClaimsFollowFromTheirMarks(t *testing.T) {
	t.Parallel()
	mark := func(at, id string, confirmed int, contradicted map[string]int) Mark {
		return Mark{
			At:           "GET /balance 200 " + at,
			Basis:        "decided",
			Behaviour:    id,
			Confirmed:    confirmed,
			Contradicted: contradicted,
		}
	}
	report := Report{Marks: []Mark{
		mark("data.a", "confirmed.fields", 10, nil),
		mark("data.b", "confirmed.fields", 12, nil),
		mark("", "confirmed.success", 10, nil),
		mark("data.secret", "webhook.secret", 10, nil), // returned once: a shape can't say
		mark("data.a", "rare.fields", 9, nil),
		mark("data[].b", "refuted.fields", 0, map[string]int{"absent": 96}),
		mark("data[].a[]", "refuted.fields", 0, map[string]int{"absent": 96}),
		mark("data[].c", "refuted.fields", 0, map[string]int{"null": 10}),
		mark("data[].d", "refuted.fields", 96, nil),
		mark("data.a", "sometimes.fields", 1, map[string]int{"absent": 95}),
		mark("data.b", "sometimes.fields", 0, map[string]int{"absent": 95}),
		mark("data.a", "two_ways.fields", 0, map[string]int{"absent": 10, "null": 10}),
		mark("data.a", "other", 0, map[string]int{"absent": 10}),
		mark("data.a", "", 0, map[string]int{"absent": 10}),
	}}
	require.Equal(t, []observation{
		{ID: "confirmed.fields", Result: "confirmed", Count: 12},
		{ID: "confirmed.success", Result: "confirmed", Count: 10},
		{ID: "other", Result: "refuted", Count: 10},
		{
			ID:     "refuted.fields",
			Result: "refuted",
			Value:  map[string][]string{"absent": {"a", "b"}, "null": {"c"}},
			Count:  96,
		},
		{ID: "sometimes.fields", Result: "mixed", Count: 96},
		{ID: "two_ways.fields", Result: "mixed", Count: 20},
	}, report.claims())
}

func TestAnswersRefuteTheClaimsOfTheDocument(t *testing.T) {
	t.Parallel()
	s := New()
	for range fewest {
		s.compare(seen{key: answerKey{"GET /balance", 200}},
			[]byte(`{"data":{"balance":1,"available":"1.0000","currency":"GHS"}}`))
		s.compare(seen{key: answerKey{"POST /voice/send", 202}}, []byte(`[]`))
		s.compare(seen{key: answerKey{"GET /ussd/pricing", 401}},
			[]byte(`{"message":"No token.","error":"another_code"}`))
	}
	require.Equal(t, []observation{
		{ID: "balance.amounts", Result: "refuted", Count: fewest},
		{
			ID:     "balance.fields",
			Result: "refuted",
			Value:  map[string][]string{"absent": {"reserved"}},
			Count:  fewest,
		},
		{ID: "voice_send.success", Result: "confirmed", Count: fewest},
	}, s.Report().claims())
}
