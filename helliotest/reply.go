package helliotest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// reply is what a stage or a handler answers. It is not changed once made: a
// stored one is replayed.
type reply struct {
	status int
	body   []byte
	header http.Header // beyond those that every answer has; may be nil
	code   string      // the error code, for the journal
}

// okReply answers with data in the API's envelope.
func okReply(status int, data any) *reply {
	return bare(status, struct {
		Data any `json:"data"`
	}{data})
}

// bare answers with a body that has no envelope.
func bare(status int, body any) *reply {
	text, err := json.Marshal(body)
	if err != nil {
		// a type of ours that JSON can't hold
		panic(fmt.Sprintf("helliotest: body %T: %v", body, err))
	}
	return &reply{status: status, body: text}
}

// empty answers 204.
func empty() *reply { return &reply{status: http.StatusNoContent} }

// errorBody is the API's error form; members that are empty are left out.
type errorBody struct {
	Message     string      `json:"message,omitempty"`
	Error       string      `json:"error,omitempty"`
	Errors      fieldErrors `json:"errors,omitempty"`
	Period      string      `json:"period,omitempty"`       // with spend_limit_exceeded
	TrafficType string      `json:"traffic_type,omitempty"` // with traffic_not_routable
}

// refuse answers an error with a code and a sentence.
func refuse(status int, code, message string) *reply {
	return refuseWith(status, errorBody{Message: message, Error: code})
}

// refuseWith answers an error with more members than the two.
func refuseWith(status int, body errorBody) *reply {
	r := bare(status, body)
	r.code = body.Error
	return r
}
