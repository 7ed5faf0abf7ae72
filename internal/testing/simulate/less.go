package simulate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MakeLess makes a world smaller: each text takes something out of it, as Reduce
// names it: "apps=3", "sessions=2", "without session 1", "without 503"; "only 503
// | storms" takes out every part but the named ones.
func (w *World) MakeLess(texts []string) (*World, error) {
	out := w.copyWorld()
	for _, text := range texts {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := out.reduceBy(text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// copyWorld is a copy that can be changed by itself.
func (w *World) copyWorld() *World {
	var out World
	text, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(fmt.Sprint("simulate: ", err)) // it is plain data
	}
	return &out
}

// listNumbers are the sizes of a world that can be made smaller, with the least.
func (w *World) listNumbers() []number {
	return []number{
		{"pairs", &w.Pairs, 1}, {"apps", &w.Apps, 1}, {"people", &w.People, 1}, {"streams", &w.Streams, 1}, {"views", &w.Views, 0},
		{"same names", &w.SameNames, 0}, {"budget", &w.Budget, 0}, {"fetchers", &w.Fetchers, 1}, {"writers", &w.Writers, 1},
	}
}

type number struct {
	name  string
	value *int
	least int
}

// listParts are the other things that can be taken out of a world.
func (w *World) listParts() []part {
	out := []part{
		{"existing people", w.ExistingPeople > 0, func() { w.ExistingPeople = 0 }},
		{"existing apps", w.ExistingApps > 0, func() { w.ExistingApps = 0 }},
		{"odd names", w.Realistic, func() { w.Realistic = false }},
		{"odd streams", w.OddStreams, func() { w.OddStreams = false }},
		{"drift", w.Drift > 0, func() { w.Drift = 0 }},
		{"slow answers", w.Slow > 0, func() { w.Slow = 0 }},
		{"faults", len(w.Faults) > 0, func() { w.Faults = nil }},
		{"storms", len(w.Storms) > 0, func() { w.Storms = nil }},
	}
	for _, name := range w.Switches {
		out = append(out, part{name, true, func() { w.Switches = removeName(w.Switches, name) }})
	}
	for _, name := range refusalNames {
		out = append(out, part{name, w.Refused[name] > 0, func() { delete(w.Refused, name) }})
	}
	for _, name := range w.Forms {
		out = append(out, part{name, true, func() { w.Forms = removeName(w.Forms, name) }})
	}
	for _, name := range FaultNames() {
		if w.Faults[name] > 0 {
			out = append(out, part{name, true, func() { delete(w.Faults, name) }})
		}
	}
	for i := range w.Sessions {
		s := &w.Sessions[i]
		of := fmt.Sprintf(" of session %d", i)
		out = append(out,
			part{"moments" + of, len(s.Moments) > 0, func() { s.Moments = nil }},
			part{"days" + of, s.Days > 1, func() { s.Days = 1 }},
			part{"new apps" + of, s.Change.NewApps > 0, func() { s.Change.NewApps = 0 }},
			part{"new users" + of, s.Change.NewPairs > 0, func() { s.Change.NewPairs = 0 }},
			part{"late news" + of, s.Change.Late > 0, func() { s.Change.Late = 0 }},
			part{"late logs" + of, s.Change.LateLogs > 0, func() { s.Change.LateLogs = 0 }},
			part{"quiet apps" + of, s.Change.Apps > 0, func() { s.Change.Apps = 0 }})
	}
	return out
}

type part struct {
	name  string
	there bool
	drop  func()
}

func removeName(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// reduceBy takes one thing out.
func (w *World) reduceBy(text string) error {
	if name, value, ok := strings.Cut(text, "="); ok {
		return w.shrinkNumber(name, value)
	}
	if names, ok := strings.CutPrefix(text, "only"); ok {
		w.keepOnly(names)
		return nil
	}
	name, ok := strings.CutPrefix(text, "without ")
	if !ok {
		return fmt.Errorf("%q is none of NAME=NUMBER, without NAME, only NAME | NAME", text)
	}
	if text, ok := strings.CutPrefix(name, "session "); ok {
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= len(w.Sessions) {
			return fmt.Errorf("there is no session %q", text)
		}
		w.dropSession(i)
		return nil
	}
	for _, p := range w.listParts() {
		if p.name == name {
			p.drop()
			return nil
		}
	}
	return nil // taken out already, with something else
}

// keepOnly takes out every part but those whose names are listed.
func (w *World) keepOnly(names string) {
	keep := map[string]bool{}
	for name := range strings.SplitSeq(names, "|") {
		keep[strings.TrimSpace(name)] = true
	}
	for name := range w.Faults {
		if keep[name] {
			keep["faults"] = true
		}
	}
	for _, p := range w.listParts() {
		if p.there && !keep[p.name] {
			p.drop()
		}
	}
}

// leftParts are the names of the parts that are left.
func (w *World) leftParts() (names []string) {
	for _, p := range w.listParts() {
		if p.there && p.name != "faults" {
			names = append(names, p.name)
		}
	}
	return names
}

// shrinkNumber makes a size smaller.
func (w *World) shrinkNumber(name, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return fmt.Errorf("%s=%q is no number", name, value)
	}
	if name == "sessions" {
		w.Sessions = w.Sessions[:min(n, len(w.Sessions))]
		return nil
	}
	for _, x := range w.listNumbers() {
		if x.name == name {
			*x.value = n
			return nil
		}
	}
	return fmt.Errorf("a world has no %q", name)
}

// dropSession leaves out a session. The days before it pass all the same.
func (w *World) dropSession(i int) {
	if i+1 < len(w.Sessions) {
		w.Sessions[i+1].Days += w.Sessions[i].Days
		w.Sessions[i+1].Hours += w.Sessions[i].Hours
	}
	w.Sessions = slices.Delete(w.Sessions, i, i+1)
	w.Storms = slices.DeleteFunc(w.Storms, func(s Storm) bool { return s.Session == i })
	for j := range w.Storms {
		if w.Storms[j].Session > i {
			w.Storms[j].Session--
		}
	}
}
