package helliobulk

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

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
	f.Add(encodeChunk(nil, "", []addressee{{to: 233241234567, line: 1}}))
	f.Add(encodeChunk(nil, "text", []addressee{{to: 1, line: 7}, {to: 1 << 62, line: 9}}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var to []addressee
		text := ""
		begin := func(s string, _ int) { text = s }
		err := decodeChunk(payload, begin, func(a addressee) { to = append(to, a) })
		if err != nil {
			require.ErrorIs(t, err, ErrTorn)
			return
		}
		for _, a := range to {
			if a.line < 0 {
				return // a distance that no list has
			}
		}
		require.LessOrEqual(t, len(encodeChunk(nil, text, to)), len(payload))
	})
}

func FuzzStore(f *testing.F) {
	f.Add([]byte("not a store"))
	f.Add(appendRecord([]byte(storeMagic), int64(len(storeMagic)), kindManifest, []byte("{}")))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := storePath(t)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		b, err := Open(path)
		if err != nil {
			return
		}
		defer b.Close()
		for _, err := range b.Chunks() {
			if err != nil {
				require.ErrorIs(t, err, ErrTorn)
			}
		}
	})
}
