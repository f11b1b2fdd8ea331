package helliotest

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/hellio-go/hellio/internal/contract"
)

// A lookup is in progress 1 s after its start, and completed 10 s after
// (decided).
const (
	lookupBeginsAfter = time.Second
	lookupEndsAfter   = 10 * time.Second
)

// lookupPrice is what one number costs (decided).
const lookupPrice money = 100

// lookup is one number lookup as the engine and a snapshot keep it.
type lookup struct {
	ID        int64
	Reference uuid.UUID
	To        string // digits
	Status    string
	Doomed    bool // the networks will not answer
	Created   time.Time
	Start     time.Time
	Completed time.Time
}

func (l *lookup) key() (int64, uuid.UUID) { return l.ID, l.Reference }

func lookupRoutes() []apiRoute {
	return []apiRoute{
		{op: contract.LookupCreate, handle: createLookups},
		{op: contract.LookupList, handle: listLookups},
		{op: contract.LookupGet, handle: getLookup},
	}
}

func createLookups(w *world, c *apiCall) *reply {
	form := c.form()
	list := form.list("numbers", contract.MaxRecipients, contract.MaxNumberLength, true)
	now := w.clock.Now()
	start := form.utc("scheduled_at", now)
	if bad := form.reject(); bad != nil {
		return bad
	}
	numbers, invalid := c.uniqueNumbers(list)
	if len(numbers) == 0 {
		return refuse(http.StatusUnprocessableEntity, contract.CodeNoValidNumbers,
			"None of the numbers is valid.")
	}
	cost := lookupPrice * money(len(numbers))
	if bad := w.reserve(c, cost); bad != nil {
		return bad
	}
	batch := make([]lookup, len(numbers))
	for i, number := range numbers {
		batch[i] = lookup{
			ID:        w.nextID(),
			Reference: w.newReference(),
			To:        number,
			Status:    statusQueued,
			Doomed:    c.carrierFails(number),
			Created:   now,
			Start:     start,
		}
		w.lookups.add(&batch[i])
	}
	w.evictLookups()
	w.ask(batch)
	return okReply(http.StatusAccepted, receiptOf(batch, invalid, cost))
}

// latestStart is the latest start of a lookup. A later time counts as this one.
// No clock of a fake reaches it, and a snapshot can hold it.
const latestStart = maxAdvance + 365*24*time.Hour

// utc reads an optional time in the form 2026-03-04T05:06:07Z. An absent or
// past time is now.
func (f *bodyForm) utc(name string, now time.Time) time.Time {
	text := f.optional(name, 0)
	if text == "" {
		return now
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", text)
	if err != nil {
		f.fail(name, `The :field field must match the format Y-m-d\TH:i:s\Z.`)
	}
	if at.Before(now) {
		return now
	}
	if latest := now.Add(latestStart); at.After(latest) {
		return latest
	}
	return at
}

// ask starts stored lookups, all with the same start.
func (w *world) ask(batch []lookup) {
	start := batch[0].Start
	w.at(start.Add(lookupBeginsAfter), func(time.Time) {
		for i := range batch {
			batch[i].Status = statusProcessing
		}
	})
	w.at(start.Add(lookupEndsAfter), func(due time.Time) {
		for i := range batch {
			l := &batch[i]
			l.Completed = due
			if l.Doomed {
				l.Status = statusFailed
				w.refund(lookupPrice, l.Created)
				continue
			}
			l.Status = statusCompleted
			w.settle(lookupPrice)
		}
	})
}

// receiptOf is the answer to POST /lookup.
func receiptOf(batch []lookup, invalid int, cost money) any {
	type item struct {
		ID           int64  `json:"id"`
		MobileNumber string `json:"mobile_number"`
		Status       string `json:"status"`
	}
	items := make([]item, len(batch))
	for i := range batch {
		items[i] = item{batch[i].ID, "+" + batch[i].To, batch[i].Status}
	}
	return struct {
		Status        string `json:"status"`
		Accepted      int    `json:"accepted"`
		Invalid       int    `json:"invalid"`
		EstimatedCost money  `json:"estimated_cost"`
		Currency      string `json:"currency"`
		Lookups       []item `json:"lookups"`
	}{statusQueued, len(batch), invalid, cost, currency, items}
}

func listLookups(w *world, c *apiCall) *reply {
	page, bad := paginate(c, &w.lookups, func(*lookup) bool { return true })
	if bad != nil {
		return bad
	}
	return page.flat(func(l *lookup) any { return l.body() })
}

func getLookup(w *world, c *apiCall) *reply {
	l := w.lookups.find(c.id)
	if l == nil {
		return notFound("lookup")
	}
	return okReply(http.StatusOK, l.body())
}

// lookupBody is a lookup as GET /lookup/{id} shows it.
type lookupBody struct {
	ID           int64  `json:"id"`
	Reference    string `json:"reference"`
	MobileNumber string `json:"mobile_number"`
	Status       string `json:"status"`
	lookupResult
	Cost        money   `json:"cost"`
	Currency    string  `json:"currency"`
	CreatedAt   string  `json:"created_at"`
	CompletedAt *string `json:"completed_at"`
}

func (l *lookup) body() lookupBody {
	b := lookupBody{
		ID:           l.ID,
		Reference:    l.Reference.String(),
		MobileNumber: "+" + l.To,
		Status:       l.Status,
		Cost:         lookupPrice,
		Currency:     currency,
		CreatedAt:    timestamp(l.Created),
		CompletedAt:  timestampOrNull(l.Completed),
	}
	switch l.Status {
	case statusCompleted:
		b.lookupResult = lookupResultOf(l.To)
	case statusFailed:
		b.Cost = 0
	}
	return b
}
