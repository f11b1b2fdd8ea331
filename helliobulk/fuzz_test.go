package helliobulk

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"0241234567", "+233241234567", "", "+", "+390612345678", "٠٢٤١٢٣٤٥٦٧", "tel:+233241234567;phone-context=x"} {
		f.Add(seed, "GH")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, written, region string) {
		if region != "" {
			region = "GH"
		}
		d, _, reason := normalise(written, region)
		if reason != "" {
			return
		}
		again, _, reason := normalise(d.String(), region)
		require.Empty(t, reason)
		require.Equal(t, d, again, "a normal number stays as it is")
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"Hi {{name}}", "{{", "}}", "{{ a }}{{b}}", "{{{a}}}"} {
		f.Add(seed, "Ama")
	}
	f.Fuzz(func(t *testing.T, message, value string) {
		tmpl, err := parseTemplate(message)
		if err != nil {
			return
		}
		fields := map[string]string{}
		for _, name := range tmpl.fields {
			fields[name] = value
		}
		if text, reason := tmpl.render(fields); reason == "" && tmpl.personal() {
			require.True(t, validText(text))
		}
	})
}

func FuzzChunkRecord(f *testing.F) {
	f.Add(encodeChunk("", []destination{233241234567}))
	f.Add(encodeChunk("text", []destination{1, 1 << 62}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var numbers []destination
		text := ""
		err := decodeChunk(payload, func(s string, _ int) { text = s }, func(d destination) { numbers = append(numbers, d) })
		if err != nil {
			require.ErrorIs(t, err, ErrTorn)
			return
		}
		again := encodeChunk(text, numbers)
		require.LessOrEqual(t, len(again), len(payload))
	})
}

func FuzzPages(f *testing.F) {
	f.Add([]byte("not a store"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := checkPages(bytes.NewReader(content), int64(len(content))); err != nil && !errors.Is(err, ErrTorn) {
			t.Fatal(err)
		}
	})
}
