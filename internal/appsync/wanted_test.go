package appsync

import (
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestARecordIsWantedAsDefenderHasTheAppWhereThatIsKnown(t *testing.T) {
	app := saas.App{ID: "901", Name: "Orbit Notes", Category: "Productivity", Vendor: "Orbit Inc.", Website: "orbit.example"}
	whole := saas.Record{ID: "1", Name: "Orbit Notes", Source: saas.Source, Category: "Productivity", Vendor: "Orbit Inc.",
		Website: "https://orbit.example/", LinkKey: saas.LinkKey("901"), CreatedBy: "sync"}
	for name, tc := range map[string]struct {
		app     saas.App
		have    saas.Record
		untaken saas.Field // "": none
		change  string     // the fields that change
		note    string
	}{
		"there is none":                      {app: app, change: "name category url publisher createdby source link_key"},
		"all is there":                       {app: app, have: whole},
		"a field is empty":                   {app: app, have: whole.With(saas.Record{}, saas.FieldCategory), change: "category"},
		"a field is another":                 {app: app, have: whole.With(saas.Record{Vendor: "Orb"}, saas.FieldVendor), change: "publisher"},
		"Defender does not know a field":     {app: saas.App{ID: "901", Name: "Orbit Notes"}, have: whole},
		"a name is escaped":                  {app: saas.App{ID: "901", Name: "Orbit & Notes"}, have: whole.With(saas.Record{Name: "Orbit &amp; Notes"}, saas.FieldName)},
		"a name is another":                  {app: saas.App{ID: "901", Name: "Orbit"}, have: whole, change: "name"},
		"somebody else made it":              {app: app, have: whole.With(saas.Record{CreatedBy: "admin"}, saas.FieldCreatedBy)},
		"the tenant keeps no link key":       {app: app, have: whole.With(saas.Record{}, saas.FieldLinkKey), change: "link_key"},
		"the tenant does not take the field": {app: app, have: whole.With(saas.Record{}, saas.FieldCategory), untaken: saas.FieldCategory, note: "does not take the category"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &pageRun{page: contract.UpsertAppsParams{Policy: saas.Policy{IntegrationUser: "sync"}}}
			if tc.untaken != "" {
				r.untaken.Add(string(tc.untaken), saas.MapApp(tc.app).Get(tc.untaken), "not that one")
			}
			want := r.wantRecord(tc.app, saas.MapApp(tc.app).Name, tc.have)
			var change []string
			if want.Name != tc.have.Name {
				change = append(change, "name")
			}
			for _, f := range tc.have.Changes(want) {
				change = append(change, string(f))
			}
			if got := strings.Join(change, " "); got != tc.change {
				t.Errorf("%q change, want %q", got, tc.change)
			}
			if same := tc.change == "" || tc.change == "link_key" && tc.have.ID != ""; isSameRecord(want, tc.have) != same {
				t.Errorf("it is the same record: %v", !same)
			}
			if notes := strings.Join(r.notes.List(), "\n"); !strings.Contains(notes, tc.note) || (tc.note == "") != (notes == "") {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

func TestAWebsiteIsTheSameWithASchemeAndASlash(t *testing.T) {
	for have, same := range map[string]bool{
		"orbit.example": true, "https://orbit.example/": true, "HTTP://Orbit.example.": true, "": false, "orbit.example/notes": false, "ftp://orbit.example": false,
	} {
		if got := isStoredAs(saas.FieldWebsite, "orbit.example", have); got != same {
			t.Errorf("%q: %v", have, got)
		}
	}
	if isStoredAs(saas.FieldLinkKey, "defender-app:1", "defender-app:1 ") || isStoredAs(saas.FieldCategory, "CRM", "") {
		t.Error("a link key has one form, and nothing is no form of anything")
	}
}
