package helliotest_test

import (
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestACampaignAdvancesAsItsMessagesDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.ToNumber("233209990002"),
			helliotest.CarrierFail())
		a := newAPI(t, f)
		sent := a.send(`{"recipients":["233209990001","233209990002","nope"],"sender":"ACME",` +
			`"message":"Sale"}`).data(t)
		path := fmt.Sprintf("/campaigns/%s", sent["reference"])
		counts := func(queued, sent, delivered, failed float64) map[string]any {
			return map[string]any{
				"queued":    queued,
				"sent":      sent,
				"delivered": delivered,
				"failed":    failed,
			}
		}
		want := map[string]any{
			"id":                  sent["campaign_id"],
			"reference":           sent["reference"],
			"sender":              "ACME",
			"message":             "Sale",
			"status":              "queued",
			"total_recipients":    3.0,
			"accepted_recipients": 2.0,
			"invalid_recipients":  1.0,
			"segments":            1.0,
			"estimated_cost":      "0.0620",
			"cost":                "0.0000",
			"currency":            "GHS",
			"statuses":            counts(2, 0, 0, 0),
			"created_at":          "2000-01-01T00:00:00+00:00",
			"completed_at":        nil,
		}
		require.Equal(t, want, a.get(path).data(t))

		time.Sleep(time.Second)
		want["status"], want["statuses"] = "processing", counts(0, 2, 0, 0)
		require.Equal(t, want, a.get(path).data(t))

		time.Sleep(4 * time.Second)
		want["status"] = "completed"
		want["statuses"] = counts(0, 0, 1, 1)
		want["cost"] = "0.0310"
		want["completed_at"] = "2000-01-01T00:00:05+00:00"
		require.Equal(t, want, a.get(path).data(t))
		require.Equal(t, want, a.get(fmt.Sprintf("/campaigns/%.0f", sent["campaign_id"])).data(t))
	})
}

func TestCampaignsAreListedNewestFirstAndByStatus(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := sendMany(t, f, 3)
	page := func(query string) []any {
		resp := a.get("/campaigns?" + query)
		require.Equal(t, 200, resp.status, resp.body)
		var texts []any
		for _, row := range resp.decoded(t)["data"].([]any) {
			texts = append(texts, row.(map[string]any)["message"])
		}
		return texts
	}
	require.Equal(t, []any{"2", "1", "0"}, page(""))
	first := a.get("/campaigns?per_page=2").decoded(t)
	a.send(oneSMS) // newer than the page
	require.Equal(t, []any{"0"},
		page("per_page=2&cursor="+url.QueryEscape(first["next_cursor"].(string))))
	f.Advance(time.Minute)
	a.send(oneSMS)
	require.Len(t, page("status=completed"), 4)
	require.Len(t, page("status=queued"), 1)
	require.Empty(t, page("status=lost"))
	a.get("/campaigns?per_page=no").refused(t, 422, "invalid_request")
}

func TestACampaignIsFoundByItsID(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := sendMany(t, f, 1)
	for _, other := range []string{
		fmt.Sprint(f.Messages()[0].ID), f.Messages()[0].Reference, "nope", "0",
	} {
		a.get("/campaigns/"+other).refused(t, 404, "not_found")
	}
}

func TestACampaignWithoutADeliveryIsFailed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		recipients string
		status     string
	}{
		{`["+233009900001"]`, "failed"},
		{`["+233009900001","+233009900003"]`, "failed"},
		{`["+233009900001","+233209990001"]`, "completed"},
		{`["+233009900002","+233209990001"]`, "completed"},
	} {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(`{"recipients":` + c.recipients + `,"sender":"HELLIO","message":"Hi"}`)
		f.Advance(5 * time.Second)
		for _, status := range []string{"completed", "failed"} {
			listed := a.get("/campaigns?status=" + status).decoded(t)["data"]
			require.Equal(t, status == c.status, len(listed.([]any)) == 1, c.recipients)
		}
	}
}
