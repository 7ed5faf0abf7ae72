package appsync

import (
	"strings"
	"testing"

	"defendersync/internal/saas"
)

func TestARecordIsCalledByTheFirstOfItsNamesThatIsFree(t *testing.T) {
	app := saas.App{ID: "903", Name: "Kite"}
	long := saas.App{ID: "903", Name: strings.Repeat("k", 40)}
	for name, tc := range map[string]struct {
		app     saas.App
		have    string   // name of the record; "": there is none
		taken   []string // names that the tenant refuses
		altered string   // name that it stores otherwise
		want    []string // the names that are tried, one after the other
	}{
		"a new record":                         {app: app, want: []string{"Kite", "Kite (903)", ""}},
		"a new record of a long name":          {app: long, want: []string{long.Name, long.Name + " (903)", "kkkkkkkkkkkkkkkk (903)", ""}},
		"a new record whose name is refused":   {app: app, taken: []string{"Kite"}, want: []string{"Kite (903)", ""}},
		"a new record, stored otherwise":       {app: app, altered: "Kite", want: []string{"Kite (903)", ""}},
		"a record of another name":             {app: app, have: "Sail", want: []string{"Kite", "Kite (903)", "Sail"}},
		"a record of the longer name":          {app: app, have: "Kite (903)", want: []string{"Kite", "Kite (903)"}},
		"one whose plain name is refused":      {app: app, have: "Kite (903)", taken: []string{"Kite"}, want: []string{"Kite (903)"}},
		"one whose name is stored otherwise":   {app: app, have: "KITE!", altered: "Kite", want: []string{"KITE!"}},
		"a record of the shorter of its names": {app: long, have: "kkkkkkkkkkkkkkkk (903)", want: []string{long.Name, "kkkkkkkkkkkkkkkk (903)"}},
	} {
		r := &pageRun{}
		for _, taken := range tc.taken {
			r.untaken.Add(string(saas.FieldName), taken, "already taken")
		}
		if tc.altered != "" {
			r.untaken.Add(string(saas.FieldName), tc.altered, "")
		}
		w := &write{run: r, item: &item{app: tc.app}, decision: saas.Settled{Decision: saas.Decision{Name: tc.app.Name}}}
		if tc.have != "" {
			w.current = saas.Record{ID: "1", Name: tc.have}
		}
		got := []string{w.currentName()}
		for len(got) < len(tc.want) {
			got = append(got, w.nextName(got[len(got)-1]))
		}
		if strings.Join(got, "|") != strings.Join(tc.want, "|") {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
