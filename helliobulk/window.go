package helliobulk

import (
	"fmt"
	"strings"
	"time"
)

// Window is the hours of a day in which calls begin; the zero value is always
// open. It marshals to JSON, so that a fleet keeps it.
type Window struct {
	From int    `json:"from"` // minutes after midnight
	To   int    `json:"to"`   // before From: the window is open over midnight
	Zone string `json:"zone"` // of the recipients, such as Africa/Accra
}

const minutesOfDay = 24 * 60

// ParseWindow reads hours such as 08:00-20:00, of a time zone such as
// Africa/Accra. An error is a *hellio.ParamError.
func ParseWindow(hours, zone string) (w Window, err error) {
	from, to, _ := strings.Cut(hours, "-")
	first, errFrom := time.Parse("15:04", strings.TrimSpace(from))
	last, errTo := time.Parse("15:04", strings.TrimSpace(to))
	if errFrom != nil || errTo != nil {
		return w, bad("window", hours, "hours such as 08:00-20:00")
	}
	if zone == "" {
		return w, bad("time zone", "an empty string", "the recipients' zone, such as Africa/Accra")
	}
	w = Window{
		From: first.Hour()*60 + first.Minute(),
		To:   last.Hour()*60 + last.Minute(),
		Zone: zone,
	}
	return w, w.check()
}

func (w Window) check() error {
	if w == (Window{}) {
		return nil
	}
	inDay := w.From >= 0 && w.From < minutesOfDay && w.To >= 0 && w.To < minutesOfDay
	switch _, err := time.LoadLocation(w.Zone); {
	case err != nil || w.Zone == "Local":
		return bad("time zone", w.Zone, "a zone such as Africa/Accra")
	case !inDay:
		return bad("window", w.String(), "times of a day")
	case w.From == w.To:
		return bad("window", w.String()+", which never opens", "two different times")
	}
	return nil
}

// String writes the window as ParseWindow reads it, with its zone.
func (w Window) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d %s", w.From/60, w.From%60, w.To/60, w.To%60, w.Zone)
}

// OpensIn returns how long it takes from now until the window is open; 0: it
// is.
func (w Window) OpensIn(now time.Time) time.Duration {
	if w == (Window{}) {
		return 0
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return time.Hour // check has loaded it; a worker's machine may lack the zone
	}
	now = now.In(zone)
	minute := now.Hour()*60 + now.Minute()
	open := minute >= w.From && minute < w.To
	if w.To < w.From {
		open = minute >= w.From || minute < w.To
	}
	if open {
		return 0
	}
	opens := time.Date(now.Year(), now.Month(), now.Day(), w.From/60, w.From%60, 0, 0, zone)
	if !opens.After(now) {
		opens = time.Date(now.Year(), now.Month(), now.Day()+1, w.From/60, w.From%60, 0, 0, zone)
	}
	return opens.Sub(now)
}
