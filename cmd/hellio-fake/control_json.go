package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/internal/near"
)

// maxBody is the largest body in bytes that a control route reads (decided).
const maxBody = 1 << 20

// readBody reads the body of a control call.
func readBody(rw http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil,
			refuse(http.StatusRequestEntityTooLarge, codeInvalid,
				"A control request has at most %d bytes.", maxBody)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, codeInvalid, "The body broke off.")
	}
	return body, nil
}

// readJSON reads a body that is one JSON object or array into v: see decode.
func readJSON(rw http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(rw, r)
	if err != nil {
		return err
	}
	return decode(body, v)
}

// readOptional is readJSON for a body that may be missing: v then stays as it
// is.
func readOptional(rw http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(rw, r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return decode(body, v)
}

// readNothing wants no body. An empty object is none, as some HTTP libraries
// can't do without.
func readNothing(rw http.ResponseWriter, r *http.Request) error {
	return readOptional(rw, r, &struct{}{})
}

// decode reads one JSON object or array strictly: names exactly as they are
// spelled, each once and known, nothing after it. What is not JSON gets 400,
// the rest 422. After an error v is not to be used.
func decode(body []byte, v any) error {
	if !json.Valid(body) {
		return refuse(http.StatusBadRequest, codeInvalid, "The body is not one JSON value.")
	}
	if first := bytes.TrimLeft(body, " \t\r\n")[0]; first != '{' && first != '[' {
		return errors.New("the body is neither an object nor an array")
	}
	if err := checkNames(json.NewDecoder(bytes.NewReader(body))); err != nil {
		return suggested(err.Error(), v)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return fmt.Errorf("%s can't be a JSON %s", mistyped.Field, mistyped.Value)
	case errors.As(err, &mistyped):
		return fmt.Errorf("unexpected JSON %s", mistyped.Value)
	case err != nil:
		return suggested(strings.TrimPrefix(err.Error(), "json: "), v)
	}
	return nil
}

// suggested is the error of a value that could not be read, with a near name if
// a field of v is one.
func suggested(text string, v any) error {
	_, quoted, found := strings.Cut(text, "unknown field ")
	name, err := strconv.Unquote(quoted)
	if !found || err != nil {
		return errors.New(text)
	}
	return near.Unknown("field", name, fieldNames(reflect.TypeOf(v)))
}

// fieldNames are the names of a type's fields in JSON, those within it too.
func fieldNames(kind reflect.Type) (names []string) {
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fieldNames(kind.Elem())
	case reflect.Struct:
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			if name != "" {
				names = append(names, name)
			}
			names = append(names, fieldNames(kind.Field(i).Type)...)
		}
	}
	return names
}

// checkNames refuses the names that encoding/json would take for others, as it
// knows no case, and names given twice. The next value of dec must be valid
// JSON.
func checkNames(dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	seen := make(map[json.Token]bool)
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			if text, _ := name.(string); strings.Trim(text,
				"abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				return fmt.Errorf("unknown field %q", text)
			}
			if seen[name] {
				return fmt.Errorf("the field %s is given twice", name)
			}
			seen[name] = true
		}
		if err := checkNames(dec); err != nil {
			return err
		}
	}
	_, err = dec.Token() // the closing one
	return err
}
