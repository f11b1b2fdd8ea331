package storm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Money is an amount in ten-thousandths of a cedi.
type Money int64

// String returns the amount with four decimals, as the API writes it.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%04d", sign, m/10_000, m%10_000)
}

// prices holds the price of one unit of each billable operation.
var prices = map[string]Money{
	"sms":       310,
	"otp":       290,
	"voice":     4500,
	"lookup":    120,
	"email":     70,
	"extension": 500_000,
}

const (
	richFunds = Money(1) << 50
	poorFunds = Money(20_000)
)

// request is the part of a request that the ledger uses.
type request struct {
	token, method, path, key string
	body                     []byte
}

// answer is a response of the API.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) replayed() bool { return a.header.Get("Idempotent-Replayed") == "true" }

// row is the answer stored under an idempotency key. Its status is 0 while the
// request is in flight.
type row struct{ answer answer }

// Ledger holds wallets, idempotency rows and effects. It commits a charge and
// its row under one lock.
type Ledger struct {
	mu       sync.Mutex
	wallets  map[string]Money
	funded   Money
	rows     map[string]*row
	charges  map[int][]Money // by message
	sends    map[int]int     // by message
	effects  map[int]int     // deletions, verifications and endpoints, by call
	deleted  map[string]bool
	accepted Money
}

func newLedger() *Ledger {
	l := &Ledger{
		wallets: map[string]Money{},
		rows:    map[string]*row{},
		charges: map[int][]Money{},
		sends:   map[int]int{},
		effects: map[int]int{},
		deleted: map[string]bool{},
	}
	l.fund("rich", richFunds)
	l.fund("poor", poorFunds)
	return l
}

func (l *Ledger) fund(account string, m Money) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wallets[account] += m
	l.funded += m
}

// balance returns the sum of all wallets.
func (l *Ledger) balance() (sum Money) {
	for _, m := range l.wallets {
		sum += m
	}
	return sum
}

// scope returns the scope of the request's key, or "" for a request without
// one.
func (r request) scope() string {
	switch r.path {
	case "/v1/sms/send", "/v1/otp/send", "/v1/voice/send":
		if r.key != "" {
			return r.token + "\n" + r.path + "\n" + r.key
		}
	}
	return ""
}

// do executes a request, or answers from its key's row.
func (l *Ledger) do(r request) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, known := l.lookup(r); known {
		return a
	}
	return l.commit(r)
}

// begin marks the key of a request as in flight, and finish executes the
// request. Without a key begin does nothing.
func (l *Ledger) begin(r request) (a answer, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, known = l.lookup(r); !known && r.scope() != "" {
		l.rows[r.scope()] = &row{}
	}
	return a, known
}

func (l *Ledger) finish(r request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commit(r)
}

// storeFailure stores a 500 under the key, forever.
func (l *Ledger) storeFailure(r request) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, known := l.lookup(r); known {
		return a
	}
	a := refusal(http.StatusInternalServerError, "")
	l.rows[r.scope()] = &row{a}
	return a
}

func (l *Ledger) lookup(r request) (answer, bool) {
	stored := l.rows[r.scope()]
	switch {
	case stored == nil:
		return answer{}, false
	case stored.answer.status == 0:
		return refusal(http.StatusConflict, "idempotency_conflict"), true
	default:
		a := stored.answer
		a.header = a.header.Clone()
		a.header.Set("Idempotent-Replayed", "true")
		return a, true
	}
}

// commit executes the request and stores its answer, if it is a success.
func (l *Ledger) commit(r request) answer {
	a := l.work(r)
	if scope := r.scope(); scope != "" {
		delete(l.rows, scope)
		if a.status < 300 {
			l.rows[scope] = &row{a}
		}
	}
	return a
}

// fields are the members of all request bodies.
type fields struct {
	Recipients   []string
	Numbers      []string
	Emails       []string
	Code         string
	MobileNumber string `json:"mobile_number"`
	URL          string
}

func (l *Ledger) work(r request) answer {
	var f fields
	if len(r.body) > 0 && json.Unmarshal(r.body, &f) != nil {
		return refusal(http.StatusUnprocessableEntity, "invalid_request")
	}
	switch r.method + " " + r.path {
	case "POST /v1/sms/send":
		return l.send(r, "sms", f.Recipients[0], http.StatusAccepted)
	case "POST /v1/voice/send":
		return l.send(r, "voice", f.Recipients[0], http.StatusAccepted)
	case "POST /v1/otp/send":
		return l.send(r, "otp", f.MobileNumber, http.StatusCreated)
	case "POST /v1/lookup":
		return l.charged(r, "lookup", f.Numbers[0], http.StatusAccepted, lookupData)
	case "POST /v1/email/verify":
		return l.charged(r, "email", f.Emails[0], http.StatusOK, emailData)
	case "POST /v1/ussd/extensions":
		return l.charged(r, "extension", f.Code, http.StatusCreated, extensionData)
	case "POST /v1/otp/verify":
		l.effects[number(f.MobileNumber)]++
		return success(http.StatusOK, `{"verified":true,"status":"verified"}`)
	case "POST /v1/webhooks":
		l.effects[number(f.URL)]++
		return success(http.StatusCreated, fmt.Sprintf(webhookData, f.URL))
	case "GET /v1/balance":
		return success(http.StatusOK, balanceData)
	default:
		return l.byID(r)
	}
}

// The data of answers. Those of billable requests have verbs for price and
// target.
const (
	balanceData = `{"balance":"120.0000","available":"119.3800","reserved":"0.6200",` +
		`"currency":"GHS"}`
	sendData = `{"campaign_id":7731,"status":"queued","accepted_recipients":1,` +
		`"invalid_recipients":0,"segments":1,"expires_in_minutes":5,"currency":"GHS",` +
		`"estimated_cost":%q,"reference":%q}`
	lookupData = `{"status":"queued","accepted":1,"invalid":0,"estimated_cost":%q,` +
		`"currency":"GHS","lookups":[{"id":1,"mobile_number":%q,"status":"queued"}]}`
	emailData     = `[{"status":"deliverable","paid":%q,"email":%q}]`
	extensionData = `{"id":"0b8f6c9e-7f0e-4d52-9f0c-5d8f1f6f2a11","monthly_price":%q,` +
		`"code":%q,"length":3,"status":"active","auto_renew":true,"app_id":null}`
	webhookData = `{"id":7,"url":%q,"events":["*"],"active":true,"secret":"whsec_storm"}`
	messageData = `{"id":%[1]s,"reference":"ref-%[1]s","channel":"sms","status":"delivered"}`
)

// send sends one message.
func (l *Ledger) send(r request, op, to string, status int) answer {
	a := l.charged(r, op, to, status, sendData)
	if a.status == status {
		l.sends[number(to)]++
	}
	return a
}

// charged takes the price from the wallet, or refuses the request. data has
// verbs for price and target.
func (l *Ledger) charged(r request, op, target string, status int, data string) answer {
	account, price := accountOf(r.token), prices[op]
	if l.wallets[account] < price {
		return refusal(http.StatusPaymentRequired, "insufficient_balance")
	}
	l.wallets[account] -= price
	l.accepted += price
	message := number(target)
	l.charges[message] = append(l.charges[message], price)
	return success(status, fmt.Sprintf(data, price, target))
}

func (l *Ledger) byID(r request) answer {
	slash := strings.LastIndexByte(r.path, '/')
	prefix, id := r.path[:slash], r.path[slash+1:]
	switch {
	case r.method == http.MethodGet && prefix == "/v1/messages":
		return success(http.StatusOK, fmt.Sprintf(messageData, id))
	case r.method == http.MethodDelete && prefix == "/v1/webhooks" && !l.deleted[id]:
		l.deleted[id] = true
		l.effects[number(id)]++
		return answer{status: http.StatusNoContent, header: http.Header{}}
	default:
		return refusal(http.StatusNotFound, "not_found")
	}
}

// number returns the number of a call from its target: the last eight digits.
// It returns -1 if the target contains no number.
func number(target string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, target)
	n, err := strconv.Atoi(digits[max(0, len(digits)-8):])
	if err != nil {
		return -1
	}
	return n
}

func accountOf(token string) string {
	parts := strings.Split(token, "|")
	return parts[min(1, len(parts)-1)]
}

func success(status int, data string) answer {
	return answer{status: status, header: jsonHeader(), body: []byte(`{"data":` + data + `}`)}
}

func refusal(status int, code string) answer {
	return answer{
		status: status,
		header: jsonHeader(),
		body:   fmt.Appendf(nil, `{"message":"refused","error":%q}`, code),
	}
}

func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }
