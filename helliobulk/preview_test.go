package helliobulk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestAPreviewIsTheFirstText(t *testing.T) {
	t.Parallel()
	_, client := newFake(t)
	p := batchOf(t)
	p.Message = "Dear {{child}}, fees of {amount} – {{ child }} {two words} {"
	b, err := openOrPlan(t.Context(), client, people([2]string{number(0), "Ama"}), p)
	require.NoError(t, err)
	defer b.Close()
	preview, err := b.Preview()
	require.NoError(t, err)
	require.Equal(t, "Dear Ama, fees of {amount} – Ama {two words} {", preview.Text)
	require.Equal(t, hellio.UCS2, preview.Segments.Encoding)
	require.Equal(t, '–', preview.Segments.Forced)
	require.Equal(t, []string{"{amount}"}, preview.Braces)
}

func TestATestGoesToOneNumberOnce(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(10))
	defer b.Close()
	for round := range 2 {
		sent, err := b.SendTest(t.Context(), client, "024 000 0099")
		require.NoError(t, err)
		require.Equal(t, round == 1, sent.Replayed)
	}
	require.Equal(t, map[string]int{number(99): 1}, perNumber(fake))
	require.Equal(t, 2, b.Report().Open.Chunks, "it is no part of the batch")
	require.NoError(t, b.Send(t.Context(), client, Options{}))
	require.Len(t, fake.Messages(), 11)
	for _, wrong := range []string{"", "junk", "0302123456", "12"} {
		var param *hellio.ParamError
		require.ErrorAs(t, b.CheckTest(wrong), &param)
		_, err := b.SendTest(t.Context(), client, wrong)
		require.ErrorAs(t, err, &param)
		require.NotContains(t, err.Error(), "0302")
	}
}
