package list_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/internal/list"
)

// read takes a whole list in.
func read(r io.Reader, f list.Format) (all []helliobulk.Recipient, err error) {
	l, err := list.New(r, f)
	if err != nil {
		return nil, err
	}
	for r, err := range l.Recipients() {
		if err != nil {
			return all, err
		}
		r.Line = 0 // a test of its own
		all = append(all, r)
	}
	return all, nil
}

func readFile(t *testing.T, name string, f list.Format) []helliobulk.Recipient {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer file.Close()
	all, err := read(file, f)
	require.NoError(t, err)
	return all
}

func TestEachProgramsTableIsReadAlike(t *testing.T) {
	t.Parallel()
	note := "owes 12,50; \"soon\"\nor later"
	want := []helliobulk.Recipient{
		{Number: "+233240000001", Fields: map[string]string{"first_name": "Ama", "note": note}},
		{Number: "024 000 0002",
			Fields: map[string]string{"first_name": "Kofi Mensah-Éclair", "note": ""}},
		{Number: "0240000003", Fields: map[string]string{"first_name": "Ɔkyere ✓", "note": "x"}},
	}
	for _, name := range []string{
		"utf8.csv", "utf8-bom-crlf.csv", "semicolon.csv", "tab.csv", "sep-line.csv",
		"utf16le-bom.csv", "utf16be-bom.csv", "utf16le.csv", "utf16be.csv",
		"no-last-newline.csv", "blank-rows.csv",
	} {
		for _, column := range []string{"phone", "Phone", "1"} {
			require.Equal(t, want,
				readFile(t, name,
					list.Format{Column: column,
						Fields: []string{"first_name", "note"}}), "%s, column %s", name, column)
		}
	}
}

func TestNumbersAloneNeedNoColumn(t *testing.T) {
	t.Parallel()
	want := []helliobulk.Recipient{{Number: "+233240000001"}, {Number: "024 000 0002"},
		{Number: "0240000003"}}
	for _, name := range []string{"numbers.txt", "numbers-header.txt", "numbers-mac.txt"} {
		require.Equal(t, want, readFile(t, name, list.Format{}), name)
	}
	require.Len(t, readFile(t, "numbers-header.txt", list.Format{Header: list.HeaderNo}), 4)
	require.Len(t, readFile(t, "numbers.txt", list.Format{Header: list.HeaderYes}), 2)
}

func TestAnOlderEncodingIsReadWhenNamed(t *testing.T) {
	t.Parallel()
	all := readFile(t, "windows1252.csv",
		list.Format{Column: "phone", Fields: []string{"First name"}, Encoding: list.Windows1252})
	require.Equal(t, "Zoë", all[0].Fields["First name"])
}

func TestAnUnusableListSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	const secret = "0241234567"
	for name, c := range map[string]struct {
		text   string
		format list.Format
		line   int
		reason string
	}{
		"empty":            {"", list.Format{}, 1, "empty"},
		"only blank lines": {"\r\n\n", list.Format{}, 1, "empty"},
		"which column":     {"a,b\n" + secret + ",x\n", list.Format{}, 1, "2 columns"},
		"column by place": {"a,b\n" + secret + ",x\n", list.Format{Column: "3"}, 1,
			"no column 3"},
		"column zero": {"a,b\n", list.Format{Column: "0"}, 1, "no column 0"},
		"column by name": {"phone,b\n" + secret + ",x\n", list.Format{Column: "mobile"}, 1,
			`no column "mobile"; the columns are "phone", "b"`},
		"no header": {secret + ",x\n", list.Format{Column: "mobile"}, 1,
			"seems to be no header"},
		"field": {"phone,Name\n", list.Format{Column: "phone", Fields: []string{"sum"}}, 1, `no column "sum"`},
		"field, no header": {secret + ",x\n",
			list.Format{Column: "1", Fields: []string{"name"},
				Header: list.HeaderNo}, 1, "no column has a name"},
		"twice": {"phone,Phone,PHONE\n", list.Format{Column: "phOne"}, 1,
			"columns 1 and 2"},
		"ragged": {"phone,b\n" + secret + ",x\n\n" + secret + "\n",
			list.Format{Column: "phone"}, 4, "1 column, the first line has 2"},
		"wide": {"phone\n" + secret + "," + secret + "\n", list.Format{}, 2,
			"2 columns, the first line has 1"},
		"open quote": {"phone\n\"" + secret + "\n", list.Format{}, 2, "does not end"},
		"ragged after sep=": {"sep=;\nphone;b\n" + secret + "\n", list.Format{Column: "phone"}, 3,
			"1 column, the first line has 2"},
		"quote after sep=": {"sep=;\nphone;b\n" + secret + ";\"x\ny\"z\n",
			list.Format{Column: "phone"}, 3, "continues after it"},
		"inner quote": {"phone\n" + secret + "\"\n", list.Format{}, 2,
			"quotation mark is inside"},
		"zero byte": {"phone\n" + secret + "\x00\n", list.Format{}, 2, "zero byte"},
		"not UTF-8": {"phone\n" + secret + "\n\xff" + secret + "\n", list.Format{}, 3,
			"not UTF-8"},
		"lost character": {"phone\n" + secret + "\uFFFD\n", list.Format{}, 2, "U+FFFD"},
		"odd UTF-16":     {"\xff\xfe1\x002\x00\n\x003\x00\xd8", list.Format{}, 2, "U+FFFD"},
		"long line": {"phone\n" + secret + "\n" + strings.Repeat("1", 10<<20),
			list.Format{}, 3, "longer than 1048576 bytes"},
		"long first line": {strings.Repeat("1", 10<<20), list.Format{}, 1,
			"longer than 1048576 bytes"},
		"quote never ended": {"phone\n" + secret + "\n\"" + strings.Repeat(secret+"\n", 1<<20),
			list.Format{}, 3, "a quotation mark seems to be missing"},
		"2.33E+11": {"phone\n" + secret + "\n2.33E+11\n", list.Format{}, 3,
			"its last digits are lost"},
		"+2.33E+11":   {"+2.33E+11\n", list.Format{}, 1, "its last digits are lost"},
		"2,33241E+11": {"\"2,33241E+11\"\n", list.Format{}, 1, "its last digits are lost"},
		"separator":   {"phone\n", list.Format{Separator: '"'}, 1, "cannot separate"},
		"workbook": {"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", list.Format{}, 1,
			"it is a spreadsheet's workbook"},
		"old workbook": {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", list.Format{}, 1,
			"it is a spreadsheet's workbook"},
		"1,000 columns": {strings.Repeat("a,", 999) + "b\n", list.Format{}, 1,
			"it has 1000 columns"},
		"none of 1,000": {strings.Repeat("a,", 999) + "b\n", list.Format{Column: "c"}, 1,
			"(1000 in all)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(strings.NewReader(c.text), c.format)
			var refused *list.Error
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Reason, c.reason)
			require.Equal(t, c.line, refused.Line)
			require.NotContains(t, err.Error(), secret)
		})
	}
}

func TestALongLineIsNotHeldInMemory(t *testing.T) {
	t.Parallel()
	endless := &counted{of: '1'}
	_, err := read(endless, list.Format{})
	var refused *list.Error
	require.ErrorAs(t, err, &refused)
	require.Less(t, endless.read, 2<<20)
}

// counted never ends.
type counted struct {
	of   byte
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.of
	}
	c.read += len(p)
	return len(p), nil
}

func TestAReaderThatFailsEndsTheList(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	for _, text := range []string{"", "0240000001\n", "0240000001\n02400"} {
		_, err := read(io.MultiReader(strings.NewReader(text), failing{broken}), list.Format{})
		require.ErrorIs(t, err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestADecimalIsReadAsItsNumber(t *testing.T) {
	t.Parallel()
	const written = "phone\n233240000001.0\n+233240000001.0\n\"233240000001,0\"\n1.0.0\n12E\nE5\n"
	all, err := read(strings.NewReader(written), list.Format{})
	require.NoError(t, err)
	var numbers []string
	for _, r := range all {
		numbers = append(numbers, r.Number)
	}
	require.Equal(t,
		[]string{"233240000001", "+233240000001", "233240000001", "1.0.0", "12E", "E5"}, numbers)
}

func TestATextIsReadAsAListIs(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"Dear\r\nall\r\n": "Dear\nall",
		"\xef\xbb\xbfHi": "Hi", "\xff\xfeH\x00i\x00\n\x00": "Hi", "a\n\n": "a\n"} {
		text, err := list.Text(strings.NewReader(given), "", 100)
		require.NoError(t, err)
		require.Equal(t, want, text)
	}
	for _, bad := range []string{strings.Repeat("x", 101), "a\xff", "Dear all\x00, hello"} {
		_, err := list.Text(strings.NewReader(bad), "", 100)
		require.Error(t, err)
	}
}

func TestAListIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	const n = "0240000001"
	for name, c := range map[string]struct {
		text   string
		format list.Format
		want   []helliobulk.Recipient
	}{
		"separators in quotation marks": {"phone,\"a;b;c\"\n" + n + ",x\n",
			list.Format{Column: "phone"}, []helliobulk.Recipient{{Number: n}}},
		"another one than sep=": {"sep=;\nphone,b\n" + n + ",x;y\n",
			list.Format{Column: "phone", Separator: ','}, []helliobulk.Recipient{{Number: n}}},
		"a digit makes no header": {"024\n" + n + "\n", list.Format{},
			[]helliobulk.Recipient{{Number: "024"}, {Number: n}}},
		"spaces and line ends": {"phone,note\r\n " + n + " ,\" a\r\nb \"\r\n",
			list.Format{Column: "phone", Fields: []string{"note"}},
			[]helliobulk.Recipient{{Number: n, Fields: map[string]string{"note": "a\nb"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := read(strings.NewReader(c.text), c.format)
			require.NoError(t, err)
			require.Equal(t, c.want, all)
		})
	}
}

func TestEachEntryKnowsItsLine(t *testing.T) {
	t.Parallel()
	const text = "sep=;\nphone;note\n1;\"a\nb\"\n\n2;c\n"
	l, err := list.New(strings.NewReader(text), list.Format{Column: "phone"})
	require.NoError(t, err)
	var lines []int
	for r, err := range l.Recipients() {
		require.NoError(t, err)
		lines = append(lines, r.Line)
	}
	require.Equal(t, []int{3, 6}, lines)
}

func TestSeveralErrorsOfAListAreNamedTogether(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("phone,note\n")
	for range 30 {
		text.WriteString("0241234567,x\n0241234567\n2.33E+11,y\n")
	}
	_, err := read(strings.NewReader(text.String()), list.Format{Column: "phone"})
	var all list.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, list.MaxErrors)
	require.Equal(t, 3, all[0].Line)
	require.Equal(t, 4, all[1].Line)
	require.Equal(t, 6, all[2].Line)
	require.ErrorContains(t, err, "there may be more")

	_, err = read(strings.NewReader("phone,note\n024\n024,\"x\n024,y\n"),
		list.Format{Column: "phone"})
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 2, "what follows a quotation mark that does not end is not read")
}

func TestAFormulaCellIsReadAsItsText(t *testing.T) {
	t.Parallel()
	const text = "phone;note\n=\"0241234567\";=\"a\"\n\"=\"\"0241234568\"\"\";\"a;=\"\"b\"\"\"\n" +
		"\"0241234569\";\"one\n;=\"\"two\"\"\"\n"
	all, err := read(strings.NewReader(text),
		list.Format{Column: "phone", Fields: []string{"note"}})
	require.NoError(t, err)
	var got []string
	for _, r := range all {
		got = append(got, r.Number+" "+r.Fields["note"])
	}
	require.Equal(t, []string{"0241234567 a", "0241234568 a;=\"b\"", "0241234569 one\n;=\"two\""},
		got)
}
