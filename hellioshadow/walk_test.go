package hellioshadow

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpacesAndEscapesAreRead(t *testing.T) {
	t.Parallel()
	s := New()
	s.compare(seen{key: answerKey{"GET /balance", 200}}, []byte("\r\n\t"+` { "data" : { `+
		`"balance" : "a\"},{\\" , "avail\u0061ble":"\\","currency" : "" , "reserved" : -1.5e3 } } `))
	s.compare(seen{key: answerKey{"GET /messages", 200}}, []byte(` {"data" : [ { "sta\u0074us" : `+
		`"sen\u0074" , "error" : true , "id" : [ ] } , {} ] , "per_page" : {"a" : [1 , {"b":2}] } } `))
	found := make(map[string]map[string]int)
	for _, m := range s.Report().Marks {
		if m.Contradicted != nil {
			found[m.At] = m.Contradicted
		}
	}
	require.Empty(t, s.Report().Unknown)
	require.Equal(t, map[string]int{"number": 1}, found["GET /balance 200 data.reserved"])
	require.Equal(t, map[string]int{"absent": 1}, found["GET /messages 200 data[].status"])
	require.Equal(t, map[string]int{"boolean": 1, "absent": 1},
		found["GET /messages 200 data[].error"])
	require.Equal(t, map[string]int{"array": 1, "absent": 1}, found["GET /messages 200 data[].id"])
	require.Equal(t, map[string]int{"object": 1}, found["GET /messages 200 per_page"])
	require.Equal(t, map[string]int{"absent": 1}, found["GET /messages 200 next_cursor"])
	require.NotContains(t, found, "GET /balance 200 data.available")
}

// FuzzBody checks that no body makes a comparison panic, and that a report
// prints constants alone.
func FuzzBody(f *testing.F) {
	f.Add(422, `{"data":{"verified":false,"status":"invalid"}}`)
	f.Add(422, `{"message":"No.","error":"invalid_request","errors":{"a.0":["No."]}}`)
	f.Add(200, `{"data":[1,null,{"a":{}}],"error":[]}`)
	f.Add(500, `[]`)
	f.Fuzz(func(t *testing.T, status int, text string) {
		if json.Valid([]byte(text)) {
			w := walker{text: []byte(text)}
			w.value(nil)
			require.Empty(t, strings.TrimSpace(text[w.next:]))
		}
		s := New()
		s.compare(seen{key: answerKey{"POST /otp/verify", status}}, []byte(text))
		s.compare(seen{key: answerKey{"GET /messages", status}}, []byte(text))
		report := s.Report()
		require.Equal(t, 2, report.Compared)
		require.Zero(t, report.Dropped)
		for _, finding := range report.Unknown {
			for _, name := range strings.FieldsFunc(finding.At, isSeparator)[3:] {
				require.True(t, name == "*" || constant.MatchString(name), finding.At)
			}
		}
	})
}

// isSeparator reports whether r is between the names of a place.
func isSeparator(r rune) bool { return strings.ContainsRune(" .=[]", r) }
