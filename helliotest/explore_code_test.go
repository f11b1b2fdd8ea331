package helliotest

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryOperationHasItsNameInGo(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "op.go", nil, 0)
	require.NoError(t, err)
	names := make(map[Op]string)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, isValue := n.(*ast.ValueSpec); isValue && len(spec.Values) == 1 {
			if value, isText := spec.Values[0].(*ast.BasicLit); isText {
				text, err := strconv.Unquote(value.Value)
				require.NoError(t, err)
				names[Op(text)] = spec.Names[0].Name
			}
		}
		return true
	})
	constants := make(map[Op]string)
	for op, row := range opTable {
		constants[op] = row.constant
	}
	require.Equal(t, names, constants)
}

func TestCodeIsTheRuleThatMakesTheFault(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Rule{
		`LoseRequest()`:                LoseRequest(),
		`LoseReply()`:                  LoseReply(),
		`ResetConnection()`:            ResetConnection(),
		`NotJSON()`:                    NotJSON(),
		`CarrierFail()`:                CarrierFail(),
		`CrashBefore()`:                CrashBefore(),
		`CrashAfter()`:                 CrashAfter(),
		`WebhookLose()`:                WebhookLose(),
		`WebhookDuplicate()`:           WebhookDuplicate(),
		`WebhookReorder()`:             WebhookReorder(),
		`WebhookBadSignature()`:        WebhookBadSignature(),
		`Status(402, "no_money")`:      Status(402, "no_money"),
		`Status(503, "")`:              Status(503, ""),
		`TruncateBody(20)`:             TruncateBody(20),
		`TruncateBody(0)`:              TruncateBody(0),
		`RateLimited(30*time.Second)`:  RateLimited(30 * time.Second),
		`RateLimited(0)`:               RateLimited(0),
		`Delay(time.Minute)`:           Delay(time.Minute),
		`Delay(90*time.Second)`:        Delay(90 * time.Second),
		`Delay(1500*time.Millisecond)`: Delay(1500 * time.Millisecond),
		`Delay(7*time.Microsecond)`:    Delay(7 * time.Microsecond),
		`Delay(1001)`:                  Delay(1001),
		`WebhookDelay(48*time.Hour)`:   WebhookDelay(48 * time.Hour),
	} {
		var spec FaultSpec
		r.set(&spec)
		require.Equal(t, "helliotest."+want, codeOfEffect(spec))
	}
	for _, e := range defaultEffects() {
		require.NotContains(t, codeOfEffect(e), "helliotest.(")
	}
}

func TestCodeNamesCountAndRecipient(t *testing.T) {
	t.Parallel()
	lost := func(nth int) FaultSpec {
		return FaultSpec{
			Op:     SMSSend,
			Nth:    nth,
			Effect: effectLoseReply,
		}
	}
	to := lost(2)
	to.To = `+1"2`
	times := FaultSpec{
		Op:     AnyOp,
		Times:  3,
		Effect: effectNotJSON,
	}
	always := FaultSpec{
		Op:     WebhookDelivery,
		Always: true,
		Effect: effectWebhookLose,
	}
	loop := func(first, last int) string {
		return fmt.Sprintf("for n := %d; n <= %d; n++ {\n    %s\n}", first, last,
			"fake.Fault(helliotest.SMSSend, helliotest.Nth(n), helliotest.LoseReply())")
	}
	one := func(nth int) string {
		const form = "fake.Fault(helliotest.SMSSend, helliotest.Nth(%d), helliotest.LoseReply())"
		return fmt.Sprintf(form, nth)
	}
	for _, c := range []struct {
		faults []FaultSpec
		want   string
	}{
		{[]FaultSpec{lost(1), lost(2)}, one(1) + "\n" + one(2)},
		{[]FaultSpec{lost(2), lost(3), lost(4)}, loop(2, 4)},
		{[]FaultSpec{lost(1), lost(2), lost(3), lost(5), lost(6), lost(7)},
			loop(1, 3) + "\n" + loop(5, 7)},
		{[]FaultSpec{to}, "fake.Fault(helliotest.SMSSend, helliotest.Nth(2),\n" +
			`    helliotest.ToNumber("+1\"2"), helliotest.LoseReply())`},
		{[]FaultSpec{times, times, times}, strings.Repeat(
			"fake.Fault(helliotest.AnyOp, helliotest.Times(3), helliotest.NotJSON())\n", 2) +
			"fake.Fault(helliotest.AnyOp, helliotest.Times(3), helliotest.NotJSON())"},
		{[]FaultSpec{always},
			"fake.Fault(helliotest.WebhookDelivery, helliotest.Always(), " +
				"helliotest.WebhookLose())"},
	} {
		code := strings.Join(codeOf(c.faults), "\n")
		require.Equal(t, c.want, code)
		_, err := parser.ParseExpr("func() {\n" + code + "\n}")
		require.NoError(t, err)
	}
}
