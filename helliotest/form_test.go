package helliotest

import (
	"encoding/json"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// openForm opens a form on a JSON body.
func openForm(t testing.TB, body string) (*bodyForm, *Fake) {
	t.Helper()
	f, err := Start()
	require.NoError(t, err)
	c := &apiCall{
		e:      f.engine,
		w:      f.world,
		view:   f.view,
		method: "POST",
		body:   []byte(body),
		header: http.Header{"Content-Type": {"application/json"}},
		log:    &logged{},
	}
	return c.form(), f
}

func TestScalarFieldsAreReadLikeTheValidator(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value   string
		read    func(f *bodyForm) any
		want    any
		says    string
		strange bool // no correct client sends it
	}{
		"integer": {
			`6`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 6, "", false,
		},
		"absent integer": {
			`null`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 5, "", false,
		},
		"empty integer": {
			`""`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 5, "", false,
		},
		"integer as string": {
			`" 6 "`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 6, "", true,
		},
		"integer too small": {
			`3`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 3,
			"The x field must be between 4 and 10.", false,
		},
		"fraction": {
			`6.5`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 0,
			"The x field must be an integer.", false,
		},
		"object for integer": {
			`{}`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 0,
			"The x field must be an integer.", true,
		},
		"flag for integer": {
			`true`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 0,
			"The x field must be an integer.", true,
		},
		"word for integer": {
			`"six"`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 0,
			"The x field must be an integer.", true,
		},
		"integer at its top": {
			`10`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 10, "", false,
		},
		"integer too large": {
			`11`, func(f *bodyForm) any { return f.integer("x", 4, 10, 5) }, 11,
			"The x field must be between 4 and 10.", false,
		},
		"flag": {
			`true`, func(f *bodyForm) any { return f.flag("x", false) }, true, "", false,
		},
		"flag off": {
			`false`, func(f *bodyForm) any { return f.flag("x", true) }, false, "", false,
		},
		"absent flag": {
			`null`, func(f *bodyForm) any { return f.flag("x", true) }, true, "", false,
		},
		"flag as string": {
			`"yes"`, func(f *bodyForm) any { return f.flag("x", true) }, true,
			"The x field must be true or false.", true,
		},
		"choice": {
			`"b"`, func(f *bodyForm) any { return f.oneOf("x", "a", "a", "b") }, "b", "", false,
		},
		"absent choice": {
			`""`, func(f *bodyForm) any { return f.oneOf("x", "a", "a", "b") }, "a", "", false,
		},
		"no choice": {
			`"c"`, func(f *bodyForm) any { return f.oneOf("x", "a", "a", "b") }, "c",
			"The selected x is invalid.", false,
		},
		"trimmed": {
			`" \u200b a \ufeff"`, func(f *bodyForm) any { return f.optional("x", 1) }, "a", "",
			false,
		},
		"has":         {`0`, func(f *bodyForm) any { return f.has("x") }, true, "", false},
		"has a blank": {`" "`, func(f *bodyForm) any { return f.has("x") }, false, "", false},
		"has null":    {`null`, func(f *bodyForm) any { return f.has("x") }, false, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form, fake := openForm(t, `{"x":`+c.value+`}`)
			require.Equal(t, c.want, c.read(form))
			bad := form.reject()
			require.Equal(t, c.says == "", bad == nil)
			if bad != nil {
				var body errorBody
				require.NoError(t, json.Unmarshal(bad.body, &body))
				require.Equal(t, c.says, body.Message)
			}
			require.Equal(t, c.strange, len(fake.Violations()) > 0)
		})
	}
}

func TestListsMayHoldStringsOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value string
		want  []string
		field string
	}{
		"array":                {`["a ","b"]`, []string{"a", "b"}, ""},
		"text":                 {`"a,b"`, nil, "x"},
		"empty":                {`[]`, nil, "x"},
		"blank item":           {`["a"," "]`, nil, "x.1"},
		"null item":            {`[null]`, nil, "x.0"},
		"number item":          {`["a",5]`, nil, "x.1"},
		"object":               {`{}`, nil, "x"},
		"item too long":        {`["abcdef"]`, nil, "x.0"},
		"characters not bytes": {`["ééééé"]`, []string{"ééééé"}, ""},
		"too many":             {`["a","b","c"]`, nil, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form, _ := openForm(t, `{"x":`+c.value+`}`)
			items := form.list("x", 2, 5, false)
			require.Equal(t, c.field == "", form.reject() == nil)
			if c.field == "" {
				require.Equal(t, c.want, items)
				return
			}
			require.Contains(t, form.errors, c.field)
		})
	}
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi","length":6,` +
		`"active":true}`))
	f.Add([]byte(`{"recipients":"a,b\n,","sender":null,"message":[1],"length":"6","active":0}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, _ := openForm(t, string(body))
		items := form.list("recipients", 10, 20, true)
		sender := form.text("sender", 11)
		form.optional("message", 1600)
		length := form.integer("length", 4, 10, 6)
		form.flag("active", true)
		form.oneOf("channel", "sms", "sms", "email")
		bad := form.reject()
		if bad != nil {
			require.True(t, json.Valid(bad.body))
			require.GreaterOrEqual(t, bad.status, 400)
			return
		}
		require.NotEmpty(t, items)
		require.LessOrEqual(t, len(items), 10)
		require.LessOrEqual(t, utf8.RuneCountInString(sender), 11)
		require.Contains(t, []int{4, 5, 6, 7, 8, 9, 10}, length)
	})
}
