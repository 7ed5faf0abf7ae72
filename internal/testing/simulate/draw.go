package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// DrawWorld draws a world from a seed.
func DrawWorld(seed uint64) *World {
	d := drawing{rand.New(rand.NewPCG(seed, 0x5eed))}
	w := &World{Seed: seed, Start: instants.Noon.Add(time.Duration(d.IntN(24*3600)) * time.Second)}
	d.drawTenants(w)
	d.drawSettings(w)
	d.drawNetwork(w)
	d.drawSessions(w)
	w.drawRefusals()
	w.drawCalm()
	w.drawOverlap()
	return w
}

// drawing draws the parts of a world, always in the same order.
type drawing struct{ *rand.Rand }

// drawMaybe reports true for a share of all worlds.
func (d drawing) drawMaybe(share float64) bool { return d.Float64() < share }

// drawBetween draws a number, the ends included.
func (d drawing) drawBetween(from, to int) int { return from + d.IntN(to-from+1) }

// drawTenants draws what there is: mostly a few apps, at times hundreds.
func (d drawing) drawTenants(w *World) {
	w.Apps, w.People = d.drawBetween(1, 12), d.drawBetween(5, 60)
	w.Pairs = d.drawBetween(15, 230)
	switch {
	case d.drawMaybe(0.02):
		w.Apps, w.People, w.Pairs = d.drawBetween(100, 240), d.drawBetween(50, 300), d.drawBetween(500, 1500)
	case d.drawMaybe(0.05):
		w.Apps, w.People, w.Pairs = d.drawBetween(1, 4), d.drawBetween(150, 500), d.drawBetween(300, 1200)
	}
	w.Streams = 1 + d.IntN(4)/2 + d.IntN(8)/7
	if d.drawMaybe(0.4) {
		w.Views = d.IntN(w.Streams)
	}
	if d.drawMaybe(0.2) {
		w.SameNames = d.drawBetween(1, 3)
	}
	if d.drawMaybe(0.5) {
		w.ExistingPeople = 0.1 + 0.4*d.Float64()
	}
	if d.drawMaybe(0.4) {
		w.ExistingApps = 0.1 + 0.4*d.Float64()
	}
	w.Realistic, w.OddStreams = d.drawMaybe(0.4), d.drawMaybe(0.2)
	if d.drawMaybe(0.15) {
		w.Drift = 0.1 + 0.4*d.Float64()
	}
	for range d.drawBetween(0, 2) {
		w.Switches = append(w.Switches, switches[d.IntN(len(switches))])
	}
	if d.drawMaybe(0.3) {
		w.Switches = append(w.Switches, counterSwitches[d.IntN(len(counterSwitches))])
	}
	slices.Sort(w.Switches)
	w.Switches = slices.Compact(w.Switches)
	for range d.IntN(3) {
		if form := formNames[d.IntN(len(formNames))]; !clashesWith(w.Switches, form) && !(form == "filters heed case" && w.hasNamesakes()) {
			w.Forms = append(w.Forms, form)
		}
	}
}

// hasNamesakes reports whether apps have one name: where filters heed case as
// well, it is not promised that each keeps its record (docs/guarantees.md).
func (w *World) hasNamesakes() bool {
	return w.SameNames > 0 || slices.ContainsFunc(w.Switches, func(s string) bool { return strings.HasPrefix(s, "apps of one name") })
}

// clashesWith reports whether a form leaves a tenant without what a switch takes
// from it: then nothing could be read at all.
func clashesWith(switches []string, form string) bool {
	for _, pair := range [][2]string{{" to users", "users at "}, {" to users", "timeframe as "}, {" to cas", "prefix "}, {"endpoint goes away", "users at "}, {"endpoint goes away", "timeframe as "}} {
		if strings.HasPrefix(form, pair[1]) && slices.ContainsFunc(switches, func(s string) bool { return strings.Contains(s, pair[0]) }) {
			return true
		}
	}
	return false
}

// drawSettings draws how hard a worker works.
func (d drawing) drawSettings(w *World) {
	w.Budget = []int{30, 30, 30, 120, 0}[d.IntN(5)]
	w.Fetchers, w.Writers = []int{1, 4, 16, 16}[d.IntN(4)], []int{1, 3, 8, 8}[d.IntN(4)]
	w.MaxRetryApps = []int{1, 5, 100, 100}[d.IntN(4)]
	w.GiveUp = []time.Duration{time.Hour, 6 * time.Hour}[d.IntN(2)]
}

// drawNetwork draws how requests fare.
func (d drawing) drawNetwork(w *World) {
	w.Latency = time.Duration(d.drawBetween(2, 60)) * time.Millisecond
	if d.drawMaybe(0.2) {
		w.Latency = time.Duration(d.drawBetween(200, 3000)) * time.Millisecond
	}
	if d.drawMaybe(0.2) {
		w.Slow = 0.02 + 0.1*d.Float64()
	}
	w.Patience = []int{1, 2, 2, 2, 0}[d.IntN(5)]
	if total := []float64{0, 0.04, 0.1, 0.15, 0.3}[d.IntN(5)]; total > 0 {
		w.Faults = map[string]float64{}
		names := FaultNames()
		d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		names = names[:d.drawBetween(1, len(names))]
		for _, name := range names {
			w.Faults[name] = total / float64(len(names))
		}
	}
}

// drawSessions draws what happens, session by session.
func (d drawing) drawSessions(w *World) {
	n, hourly := d.drawBetween(1, 6), d.drawMaybe(0.1)
	if d.drawMaybe(0.1) {
		n = 10
	}
	for i := range n {
		s := d.drawSession(i, hourly)
		if d.drawMaybe(0.06) {
			w.Storms = append(w.Storms, d.drawStorm(w, i))
		}
		w.Sessions = append(w.Sessions, s)
	}
	if d.drawMaybe(0.5) {
		w.Sessions = append(w.Sessions, Session{Days: 1, Kind: true, Change: simulator.ChangeOptions{Pairs: 0.1, Late: 0.2, LateLogs: 0.2}})
	}
	if n == 10 { // what rows of apps did not tell is there after it
		w.Sessions = append(w.Sessions, Session{Full: true, Kind: true})
	}
}

// drawSession draws a session, and what comes before it.
func (d drawing) drawSession(i int, hourly bool) Session {
	s := Session{Days: 1, Full: d.drawMaybe(0.08), DryRun: d.drawMaybe(0.04)}
	switch {
	case i == 0, d.drawMaybe(0.1):
		s.Days = 0
	case hourly:
		s.Days, s.Hours = 0, d.drawBetween(1, 3)
	case d.drawMaybe(0.15):
		s.Days = d.drawBetween(2, 9)
	}
	s.Change = d.drawChange(hourly)
	for range []int{0, 0, 0, 1, 1, 2, 3}[d.IntN(7)] {
		what := []string{"kill", "kill", "kill", "stop", "stop", "cancel"}[d.IntN(6)]
		s.Moments = append(s.Moments, Moment{what, 1 + d.IntN(60), time.Duration(d.IntN(400)) * time.Millisecond})
	}
	slices.SortFunc(s.Moments, func(a, b Moment) int { return a.Requests - b.Requests })
	return s
}

// drawChange draws what a day or an hour brings: mostly to any app, at times to a
// few alone, or nothing.
func (d drawing) drawChange(hourly bool) simulator.ChangeOptions {
	c := simulator.ChangeOptions{Pairs: 0.02 + 0.3*d.Float64(), Late: 0.5 * d.Float64(), NewPairs: 0.1 * d.Float64(), NewApps: d.IntN(2)}
	if d.drawMaybe(0.5) {
		c.LateLogs = d.Float64()
	}
	if d.drawMaybe(0.3) {
		c.Apps = 0.05 + 0.3*d.Float64()
	}
	if hourly {
		c.Pairs, c.NewPairs, c.NewApps = c.Pairs/10, 0, d.IntN(8)/7
	}
	if d.drawMaybe(0.1) {
		c = simulator.ChangeOptions{Pairs: -1}
	}
	return c
}

// drawCalm turns some worlds into ones in which nothing goes wrong but that workers
// die in the middle of long lists: there no page that was recorded may be fetched
// again. Its dice are its own, as those of drawRefusals.
func (w *World) drawCalm() {
	d := drawing{rand.New(rand.NewPCG(w.Seed, 0xca1))}
	if !d.drawMaybe(0.03) {
		return
	}
	w.Apps, w.People, w.Pairs, w.Drift, w.Slow = d.drawBetween(1, 4), d.drawBetween(600, 1200), d.drawBetween(1500, 3500), 0, 0
	w.Switches, w.Faults, w.Storms, w.Refused = nil, nil, nil, nil
	w.Forms = [][]string{nil, nil, {"no total"}, {"no hasNext"}, {"approximate total"}}[d.IntN(5)]
	w.Budget, w.Latency = 30, time.Duration(d.drawBetween(2, 60))*time.Millisecond
	for i := range w.Sessions {
		w.Sessions[i].Moments = []Moment{{"kill", d.drawBetween(5, 120), time.Duration(d.IntN(400)) * time.Millisecond}}
	}
}

// drawOverlap draws how far before the watermark sessions read: a little more than
// logs are late, which is 60 hours at most, or as far as by default.
func (w *World) drawOverlap() {
	d := drawing{rand.New(rand.NewPCG(w.Seed, 0x1a9))}
	w.Overlap = []time.Duration{61 * time.Hour, 72 * time.Hour}[d.IntN(2)]
}

// drawStorm draws an outage.
func (d drawing) drawStorm(w *World, session int) Storm {
	weathers := []string{"connection refused", "503", "503, an outage page", "reset before it landed", "no answer, never landed", "429 with seconds", "429 without a time", "reset after it landed"}
	lasts := time.Duration(d.drawBetween(5, 1200)) * time.Second
	if d.drawMaybe(0.1) {
		lasts = time.Duration(d.drawBetween(1, 8)) * time.Hour
	}
	return Storm{session, 1 + d.IntN(60), d.drawMaybe(0.5), weathers[d.IntN(len(weathers))], lasts}
}

// switches are the names of the switches of the unkind world that are drawn:
// all but those that answer with megabytes, which cost too much of a processor.
var switches = namesOf(func(name string) bool {
	return !strings.Contains(name, "bomb") && !strings.Contains(name, "answers huge") && !strings.Contains(name, "answers endless")
})

// counterSwitches are those about what tells whether an app has news. Each is drawn
// more often than the others are.
var counterSwitches = namesOf(func(name string) bool {
	return slices.Contains([]string{"rows of apps without counters", "rows of some apps stand still", "rows of apps have a field that differs in each answer", "a counter of apps jitters"}, name)
})

func namesOf(take func(string) bool) (names []string) {
	for _, w := range simulator.ListWorlds() {
		if take(w.Name) {
			names = append(names, w.Name)
		}
	}
	return names
}

// forms are the forms that the vendors leave undocumented, each by a name.
var forms, formNames = undocumentedForms()

func undocumentedForms() (map[string]func(*simulator.Options), []string) {
	out := map[string]func(*simulator.Options){}
	form := func(name string, set func(*simulator.Variants)) {
		out[name] = func(o *simulator.Options) { set(&o.Variants) }
	}
	for _, x := range []string{"users", "app_users"} {
		form("users at "+x, func(v *simulator.Variants) { v.Users = x })
	}
	for _, x := range []string{"cas", "api"} {
		form("prefix "+x, func(v *simulator.Variants) { v.Prefix = x })
	}
	for _, x := range []string{"ms-float", "ms-string", "seconds", "seconds-string", "rfc3339", "rfc3339-0", "rfc3339-7"} {
		form("time as "+x, func(v *simulator.Variants) { v.Time = x })
	}
	for _, x := range []string{"object", "boolean"} {
		form("errors of Defender as "+x, func(v *simulator.Variants) { v.Errors = x })
	}
	for _, x := range []string{"message", "error", "detail"} {
		form("errors of Oomnitza as "+x, func(v *simulator.Variants) { v.OomnitzaErrors = x })
	}
	for _, x := range []string{"objects", "map", "texts"} {
		form("refused rows as "+x, func(v *simulator.Variants) { v.AssignErrors = x })
	}
	for i, x := range []string{"text", "number"} {
		form(fmt.Sprint("timeframe as ", x), func(v *simulator.Variants) { v.Frame, v.Users = x, []string{"app_users", "users"}[i] })
	}
	form("old sort fields", func(v *simulator.Variants) { v.Sort = "old" })
	form("no hasNext", func(v *simulator.Variants) { v.HasNext = "missing" })
	form("approximate total", func(v *simulator.Variants) { v.Total = "approximate" })
	form("no total", func(v *simulator.Variants) { v.Total = "missing" })
	form("app ids as text", func(v *simulator.Variants) { v.AppIDText = true })
	form("plain app rows", func(v *simulator.Variants) { v.PlainAppRows = true })
	form("app rows as older portals have them", func(v *simulator.Variants) { v.AppKeys = simulator.OlderAppKeys() })
	form("app rows as Graph has them", func(v *simulator.Variants) { v.AppKeys = simulator.GraphAppKeys() })
	form("ids as text", func(v *simulator.Variants) { v.IDs = "string" })
	form("ids as numbers", func(v *simulator.Variants) { v.IDs = "number" })
	form("unset as null", func(v *simulator.Variants) { v.Unset = "null" })
	form("errors within a 200", func(v *simulator.Variants) { v.ErrorsIn200 = true })
	form("filters heed case", func(v *simulator.Variants) { v.CaseMatters = true })
	form("a CSRF token is asked back", func(v *simulator.Variants) { v.CSRF = true })
	form("no total count", func(v *simulator.Variants) { v.NoTotalCount = true })
	form("short lists", func(v *simulator.Variants) { v.MaxLimit = 50 })
	form("last activity ignored", func(v *simulator.Variants) { v.LastVisit = "ignored" })
	form("last activity refused", func(v *simulator.Variants) { v.LastVisit = "refused" })
	form("link keys not kept", func(v *simulator.Variants) { v.LinkKeyIgnored = true })
	names := make([]string, 0, len(out))
	for name := range out {
		names = append(names, name)
	}
	slices.Sort(names)
	return out, names
}
