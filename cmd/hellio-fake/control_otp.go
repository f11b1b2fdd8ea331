package main

import (
	"net/http"

	"github.com/hellio-go/hellio/helliotest"
)

func otpRoutes() []route {
	return []route{{method: http.MethodGet, path: "/_fake/otp/{destination}", handle: getOTP}}
}

// otpBody is a code that is live.
type otpBody struct {
	Code      string `json:"code"`
	ExpiresAt string `json:"expires_at"`
	TriesLeft int    `json:"tries_left"`
}

// getOTP tells the newest code of a number or e-mail address; 404 once it was used, has expired, is out of tries, or was never sent.
func getOTP(rw http.ResponseWriter, r *http.Request, w *world) error {
	code, live := w.fake.LookupOTP(r.PathValue("destination"))
	if !live {
		return notFound("code")
	}
	respond(rw, http.StatusOK, newOTPBody(code))
	return nil
}

func newOTPBody(code helliotest.OTPCode) otpBody {
	return otpBody{Code: code.Code, ExpiresAt: code.ExpiresAt.UTC().Format("2006-01-02T15:04:05") + "+00:00", TriesLeft: code.TriesLeft}
}
