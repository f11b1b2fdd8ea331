package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

// codeInvalid is the error code of a value that can't be.
const codeInvalid = contract.CodeInvalidRequest

// refusal is an error that is answered: in the API's error form, outside /v1
// too.
type refusal struct {
	status  int
	Message string `json:"message"`
	Code    string `json:"error"`
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid refuses a value that was read and can't be.
func invalid(err error) *refusal { return unprocessable(codeInvalid, "%v", err) }

func unprocessable(code, format string, args ...any) *refusal {
	return refuse(http.StatusUnprocessableEntity, code, format, args...)
}

func unauthenticated() *refusal {
	return refuse(http.StatusUnauthorized, contract.CodeUnauthenticated, "Unauthenticated.")
}

func notFound(what string) *refusal {
	return refuse(http.StatusNotFound, contract.CodeNotFound, "The %s could not be found.", what)
}

// Error implements error.
func (r *refusal) Error() string { return r.Message }

func (r *refusal) write(rw http.ResponseWriter) { respond(rw, r.status, r) }

// respond answers with JSON: a bare object or array.
func respond(rw http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a type of ours that JSON can't hold
	}
	setJSON(rw.Header())
	rw.WriteHeader(status)
	_, _ = rw.Write(text) // a caller that has gone is no concern of ours
}

func setJSON(header http.Header) {
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff") // a message's text comes from others
}
