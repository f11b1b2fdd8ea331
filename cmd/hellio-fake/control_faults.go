package main

import (
	"net/http"

	"github.com/hellio-go/hellio/helliotest"
)

func faultRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/_fake/faults", handle: getFaults},
		{method: http.MethodPut, path: "/_fake/faults", handle: putFaults},
		{method: http.MethodDelete, path: "/_fake/faults", handle: deleteFaults},
	}
}

// faultView is a rule as it was put, with its hits.
type faultView struct {
	helliotest.FaultSpec
	Bytes *int `json:"bytes,omitempty"` // 0 is a count too
}

// getFaults lists the rules in the order in which they were put, each with its
// hits.
func getFaults(rw http.ResponseWriter, _ *http.Request, w *world) error {
	specs := w.fake.Faults()
	views := make([]faultView, len(specs))
	for i, spec := range specs {
		views[i].FaultSpec = spec
		if spec.Effect == "truncate_body" {
			views[i].Bytes = &specs[i].Bytes
		}
	}
	respond(rw, http.StatusOK, views)
	return nil
}

// putFaults replaces all rules; if one is wrong, none.
func putFaults(rw http.ResponseWriter, r *http.Request, w *world) error {
	var specs []helliotest.FaultSpec
	if err := readJSON(rw, r, &specs); err != nil {
		return err
	}
	if err := w.fake.SetFaults(specs...); err != nil {
		return err
	}
	return getFaults(rw, r, w)
}

func deleteFaults(rw http.ResponseWriter, _ *http.Request, w *world) error {
	if err := w.fake.SetFaults(); err != nil {
		return err
	}
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
