package main

import "net/http"

func otpRoutes() []route {
	return []route{{method: http.MethodGet, path: "/_fake/otp/{destination}", handle: getOTP}}
}

// getOTP answers with the newest code of a number or e-mail address; 404 once
// it was used, has expired, is out of tries, or was never sent.
func getOTP(rw http.ResponseWriter, r *http.Request, w *world) error {
	code, live := w.fake.LookupOTP(r.PathValue("destination"))
	if !live {
		return notFound("code")
	}
	respond(rw, http.StatusOK, code)
	return nil
}
