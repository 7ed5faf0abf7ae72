package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Status is what the tenants are and have seen, in numbers.
type Status struct {
	Now        time.Time // Defender's clock
	Days       int       // that were let pass
	Seed       uint64
	Apps       int // on Defender's side
	People     int
	Streams    int
	Budget     int
	Window     string
	Totals     Totals
	Counts     Counts
	Defender   Usage
	Oomnitza   Usage
	Violations int
}

// Status sums the tenants up.
func (s *Simulator) Status() Status {
	s.world.mu.RLock()
	days, apps := len(s.world.days), len(s.world.apps)
	s.world.mu.RUnlock()
	var ignored Log
	ignored.Routes, ignored.Statuses = map[string]int{}, map[string]int{}
	s.violations.mu.Lock()
	violations := s.violations.count
	s.violations.mu.Unlock()
	return Status{Now: s.Now(), Days: days, Seed: s.opts.Seed, Apps: apps, People: s.opts.People, Streams: s.opts.Streams,
		Budget: s.opts.Budget, Window: s.opts.Window.String(), Totals: s.Totals(), Counts: s.Counts(),
		Defender: s.log.defender.copyTo("", &ignored), Oomnitza: s.log.oomnitza.copyTo("", &ignored), Violations: violations}
}

// Control answers, in JSON, what the methods of Simulator do:
//
//	GET  /status                 numbers
//	POST /advance?days=1         time passes; also pairs, apps, late, late-logs, new-pairs (shares) and new-apps (a number)
//	GET  /faults, PUT /faults    what goes wrong; a PUT changes the fields that it names
//	GET  /variants, PUT /variants
//	GET  /holdings?top=10        totals and the apps with the most people; full=1: everything
//	GET  /truth?app=ID           what Defender has, an app a line; without app all of them
//	GET  /requests               what was asked; POST /requests/reset forgets it
//	GET  /drifted, GET /violations
//
// Requests under another name than this machine's, or from a page elsewhere,
// are refused.
func (s *Simulator) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Status()) })
	mux.HandleFunc("POST /advance", s.controlAdvance)
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Faults()) })
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, req *http.Request) {
		f := s.Faults()
		applyBody(w, req, &f, func() error { s.SetFaults(f); return nil })
	})
	mux.HandleFunc("GET /variants", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Variants()) })
	mux.HandleFunc("PUT /variants", func(w http.ResponseWriter, req *http.Request) {
		v := s.Variants()
		applyBody(w, req, &v, func() error { return s.SetVariants(v) })
	})
	mux.HandleFunc("GET /holdings", s.controlHoldings)
	mux.HandleFunc("GET /truth", s.controlTruth)
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Requests()) })
	mux.HandleFunc("POST /requests/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetRequests()
		s.ResetCounts()
		writeJSON(w, s.Status())
	})
	mux.HandleFunc("GET /drifted", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Drifted()) })
	mux.HandleFunc("GET /violations", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Violations()) })
	return localOnly(mux)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header()["Content-Type"] = jsonType
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // a client that has gone away is its own affair
}

// applyBody decodes a body over what is there now and applies it.
func applyBody(w http.ResponseWriter, req *http.Request, v any, apply func() error) {
	d := json.NewDecoder(req.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		err = apply()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, v)
}

func (s *Simulator) controlAdvance(w http.ResponseWriter, req *http.Request) {
	days := 1.0
	var newApps float64
	var c ChangeOptions
	for key, to := range map[string]*float64{"days": &days, "pairs": &c.Pairs, "apps": &c.Apps, "late": &c.Late, "late-logs": &c.LateLogs, "new-pairs": &c.NewPairs, "new-apps": &newApps} {
		text := req.FormValue(key)
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			http.Error(w, fmt.Sprintf("%s: %q is not a number", key, text), http.StatusBadRequest)
			return
		}
		*to = v
	}
	c.NewApps = int(newApps)
	s.AdvanceDays(int(days), c)
	writeJSON(w, s.Status())
}

// TopApp is an app and how many people it has.
type TopApp struct {
	Name        string
	Assigned    int
	TotalActive int // as the last session wrote it
	CreatedBy   string
}

// TopApps gives the apps of Oomnitza with the most people assigned.
func (s *Simulator) TopApps(n int) []TopApp {
	t := s.oom
	t.saasMu.RLock()
	apps := t.saas
	t.saasMu.RUnlock()
	out := make([]TopApp, len(apps))
	for i, r := range apps {
		r.mu.RLock()
		out[i] = TopApp{r.fields.Name, len(r.seats), int(r.fields.Visited), r.fields.CreatedBy}
		r.mu.RUnlock()
	}
	slices.SortStableFunc(out, func(a, b TopApp) int { return cmp.Compare(b.Assigned, a.Assigned) })
	return out[:min(max(n, 0), len(out))]
}

func (s *Simulator) controlHoldings(w http.ResponseWriter, req *http.Request) {
	if req.FormValue("full") != "" {
		writeJSON(w, s.Holdings())
		return
	}
	n, err := strconv.Atoi(cmp.Or(req.FormValue("top"), "10"))
	if err != nil {
		http.Error(w, "top is a number", http.StatusBadRequest)
		return
	}
	writeJSON(w, struct {
		Totals Totals
		Counts Counts
		Top    []TopApp
	}{s.Totals(), s.Counts(), s.TopApps(n)})
}

func (s *Simulator) controlTruth(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := json.NewEncoder(w)
	id := req.FormValue("app")
	for app := range s.Truth() {
		if (id == "" || app.ID == id) && e.Encode(app) != nil {
			return
		}
	}
}
