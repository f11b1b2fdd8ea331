package helliotest_test

import (
	"encoding/json"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestFaultSpecsAreListedWithTheirHits(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.AllowUnusedFaults())
	var specs []helliotest.FaultSpec
	require.NoError(t, json.Unmarshal([]byte(`[
		{"op":"sms_send","nth":1,"effect":"status","code":503,"error":"service_unavailable"},
		{"op":"any","times":2,"effect":"rate_limited","retry_after":"30s"},
		{"op":"otp_send","always":true,"to":"+233209990001","effect":"delay","duration":"1m"},
		{"op":"sms_send","nth":4,"effect":"truncate_body","bytes":12},
		{"op":"sms_send","nth":5,"effect":"lose_request"}, {"op":"sms_send","nth":6,"effect":"lose_reply"},
		{"op":"sms_send","nth":7,"effect":"not_json"}, {"op":"sms_send","nth":8,"effect":"reset"},
		{"op":"sms_send","nth":9,"effect":"carrier_fail"}]`), &specs))
	require.NoError(t, f.SetFaults(specs...))
	newAPI(t, f).send(oneSMS).refused(t, 503, "service_unavailable")
	specs[0].Hits = 1
	require.Equal(t, specs, f.Faults())
	text, err := json.Marshal(f.Faults()[:3])
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"op":"sms_send","nth":1,"effect":"status","code":503,"error":"service_unavailable","hits":1},
		{"op":"any","times":2,"effect":"rate_limited","retry_after":"30s","hits":0},
		{"op":"otp_send","always":true,"to":"+233209990001","effect":"delay","duration":"1m","hits":0}]`, string(text))
}

func TestOneWrongSpecChangesNothing(t *testing.T) {
	t.Parallel()
	good := helliotest.FaultSpec{Op: helliotest.SMSSend, Nth: 1, Effect: "lose_reply"}
	for name, bad := range map[string]helliotest.FaultSpec{
		"op":                {Op: "nope", Nth: 1, Effect: "lose_reply"},
		"effect":            {Op: helliotest.SMSSend, Nth: 1, Effect: "explode"},
		"no effect":         {Op: helliotest.SMSSend, Nth: 1},
		"no when":           {Op: helliotest.SMSSend, Effect: "lose_reply"},
		"two whens":         {Op: helliotest.SMSSend, Nth: 1, Times: 1, Effect: "lose_reply"},
		"foreign parameter": {Op: helliotest.SMSSend, Nth: 1, Effect: "lose_reply", Bytes: 3},
		"foreign code":      {Op: helliotest.SMSSend, Nth: 1, Effect: "lose_reply", Code: 503},
		"foreign error": {
			Op:     helliotest.SMSSend,
			Nth:    1,
			Effect: "lose_reply",
			Error:  "throttled",
		},
		"foreign wait": {
			Op:         helliotest.SMSSend,
			Nth:        1,
			Effect:     "delay",
			Duration:   "1s",
			RetryAfter: "1s",
		},
		"negative nth": {Op: helliotest.SMSSend, Nth: -1, Effect: "lose_reply"},
		"status 199":   {Op: helliotest.SMSSend, Nth: 1, Effect: "status", Code: 199},
		"status 600":   {Op: helliotest.SMSSend, Nth: 1, Effect: "status", Code: 600},
		"no duration":  {Op: helliotest.SMSSend, Nth: 1, Effect: "delay"},
		"bad duration": {
			Op:         helliotest.SMSSend,
			Nth:        1,
			Effect:     "rate_limited",
			RetryAfter: "soon",
		},
		"no status":    {Op: helliotest.SMSSend, Nth: 1, Effect: "status"},
		"a delivery's": {Op: helliotest.SMSSend, Nth: 1, Effect: "webhook_lose"},
		"of any call":  {Op: helliotest.AnyOp, Nth: 1, Effect: "webhook_reorder"},
		"a call's":     {Op: helliotest.WebhookDelivery, Nth: 1, Effect: "lose_reply"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, helliotest.AllowUnusedFaults())
			require.NoError(t, f.SetFaults(good))
			require.Error(t, f.SetFaults(good, bad))
			require.Equal(t, []helliotest.FaultSpec{good}, f.Faults())
			require.NoError(t, f.SetFaults())
			require.Empty(t, f.Faults())
		})
	}
}

func TestTheOutermostValuesOfASpecAreGood(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.AllowUnusedFaults())
	for _, good := range []helliotest.FaultSpec{
		{Op: helliotest.SMSSend, Nth: 1, Effect: "status", Code: 200},
		{Op: helliotest.SMSSend, Nth: 1, Effect: "status", Code: 599},
		{Op: helliotest.SMSSend, Nth: 1, Effect: "delay", Duration: "0s"},
		{Op: helliotest.SMSSend, Nth: 1, Effect: "truncate_body"},
	} {
		require.NoError(t, f.SetFaults(good))
	}
}

func TestASpecInJSONIsReadStrictly(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown field": `{"op":"sms_send","nth":1,"effect":"reset","why":"?"}`,
		"count of 0":    `{"op":"sms_send","nth":0,"times":1,"effect":"reset"}`,
		"hits":          `{"op":"sms_send","nth":1,"effect":"reset","hits":3}`,
		"wrong type":    `{"op":"sms_send","nth":"1","effect":"reset"}`,
		"no object":     `7`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var spec helliotest.FaultSpec
			require.Error(t, json.Unmarshal([]byte(text), &spec))
		})
	}
}

func FuzzFaultSpecFromJSON(f *testing.F) {
	f.Add(`{"op":"sms_send","nth":1,"effect":"status","code":503,"error":"x"}`)
	f.Add(`{"op":"any","always":true,"to":"233209990001","effect":"delay","duration":"1m"}`)
	f.Add(`{"nth":null,"effect":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		var spec helliotest.FaultSpec
		if json.Unmarshal([]byte(text), &spec) != nil {
			return
		}
		fake, err := helliotest.Start(helliotest.AllowUnusedFaults())
		require.NoError(t, err)
		if fake.SetFaults(spec) == nil {
			require.Len(t, fake.Faults(), 1)
		}
		require.NoError(t, fake.Close())
	})
}
