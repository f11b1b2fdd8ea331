package list

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// arrange finds out what the first record is and where the columns are.
func (l *List) arrange(first []string) error {
	l.columns = len(first)
	index, counted, err := l.countedColumn()
	if err != nil {
		return err
	}
	named := !counted || len(l.format.Fields) > 0
	if counted {
		l.number = index
	}
	header := l.format.Header == HeaderYes || named ||
		l.format.Header == HeaderAuto && digits(first[l.number]) == 0
	switch {
	case named && l.format.Header == HeaderNo:
		return l.refuse("without a header no column has a name: number them from 1, and use no " +
			"{{…}} in the message")
	case !header:
		l.first = first
		return nil
	}
	return l.find(first)
}

// countedColumn returns the column of the numbers if it is named by its place.
func (l *List) countedColumn() (index int, counted bool, err error) {
	if l.format.Column == "" {
		if l.columns > 1 {
			return 0, false, l.refuse(fmt.Sprintf("it has %d columns: say which one holds the "+
				"numbers, by its name or counted from 1", l.columns))
		}
		return 0, true, nil
	}
	n, err := strconv.Atoi(l.format.Column)
	if err != nil {
		return 0, false, nil
	}
	if n < 1 || n > l.columns {
		reason := fmt.Sprintf("there is no column %d; it has %s", n, columns(l.columns))
		return 0, false, l.refuse(reason)
	}
	return n - 1, true, nil
}

// find looks the columns up in the header.
func (l *List) find(header []string) (err error) {
	if _, err := strconv.Atoi(l.format.Column); err != nil && l.format.Column != "" {
		if l.number, err = l.lookUp(header, l.format.Column); err != nil {
			return err
		}
	}
	l.fields = make([]int, len(l.format.Fields))
	for i, name := range l.format.Fields {
		if l.fields[i], err = l.lookUp(header, name); err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds a column as it is written; else without regard to case, with _
// for what no placeholder may hold.
func (l *List) lookUp(header []string, name string) (int, error) {
	for _, same := range []func(string) bool{
		func(cell string) bool { return cell == name },
		func(cell string) bool { return strings.EqualFold(fieldName(cell), fieldName(name)) },
	} {
		found := -1
		for i, cell := range header {
			if !same(strings.TrimSpace(cell)) {
				continue
			}
			if found >= 0 {
				return 0, l.refuse(fmt.Sprintf("columns %d and %d are both named %q", found+1, i+1,
					name))
			}
			found = i
		}
		if found >= 0 {
			return found, nil
		}
	}
	return 0, l.refuse(fmt.Sprintf("there is no column %q; %s", name, describe(header)))
}

// fieldName writes a header as a placeholder can: "First name" as First_name.
func fieldName(header string) string {
	return strings.Map(func(r rune) rune {
		if isFieldRune(r) {
			return r
		}
		return '_'
	}, header)
}

func isFieldRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// describe names the columns, unless the line holds a number and so is no
// header.
func describe(header []string) string {
	const most = 20
	var names []string
	for _, cell := range header {
		if digits(cell) >= 5 {
			return "the first line holds a number, so it seems to be no header"
		}
		names = append(names, strconv.Quote(short(strings.TrimSpace(cell))))
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("… (%d in all)", len(names)))
	}
	return "the columns are " + strings.Join(names, ", ")
}

func short(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func (l *List) refuse(reason string) error {
	return &Error{Line: max(1, l.line()), Reason: reason}
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

var errDamaged = errors.New("a spreadsheet has turned the number into one like 2.33E+11, and its " +
	"last digits are lost; make the column text, enter the numbers again and export the list")

// cleanNumber drops what spreadsheets add, and refuses what they have spoilt.
func cleanNumber(cell string) (string, error) {
	s := strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(s, `="`); ok { // a spreadsheet's way to keep a leading zero
		s = strings.TrimSuffix(inner, `"`)
	}
	if scientific(s) {
		return "", errDamaged
	}
	// a number kept as a decimal; read as it stands, it would be another number
	for _, zero := range []string{".0", ",0"} {
		whole, isDecimal := strings.CutSuffix(s, zero)
		if isDecimal && digits(whole) == len(strings.TrimPrefix(whole, "+")) {
			return whole, nil
		}
	}
	return s, nil
}

// scientific reports whether s is a number like 2.33E+11.
func scientific(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	if !found || len(s) > 32 {
		return false
	}
	mantissa = strings.TrimLeft(mantissa, "+-")
	exponent = strings.TrimPrefix(exponent, "+")
	figures := digits(mantissa)
	separators := strings.Count(mantissa, ".") + strings.Count(mantissa, ",")
	isMantissa := figures > 0 && separators <= 1 && figures+separators == len(mantissa)
	return isMantissa && exponent != "" && digits(exponent) == len(exponent)
}
