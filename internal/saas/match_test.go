package saas

import (
	"slices"
	"testing"
)

func TestMatch(t *testing.T) {
	const us = "sync@contoso.com"
	app := App{ID: "11", Name: "Dropbox"}
	ours := Existing{ID: "s1", Name: "Dropbox", LinkKey: "defender-app:11", CreatedBy: us}
	tests := []struct {
		name  string
		found []Existing
		want  Decision
	}{
		{"nothing is there", nil, Decision{ActionCreate, "", "Dropbox"}},
		{"only records of other names", []Existing{{ID: "s9", Name: "Box"}}, Decision{ActionCreate, "", "Dropbox"}},
		{"the record that carries our id", []Existing{ours}, Decision{ActionUseOurs, "s1", "Dropbox"}},
		{"the id wins over the name", []Existing{{ID: "s0", Name: "dropbox"}, {ID: "s1", Name: "Dropbox Inc", LinkKey: "defender-app:11"}},
			Decision{ActionUseOurs, "s1", "Dropbox (11)"}},
		{"an app renamed in Defender", []Existing{{ID: "s1", Name: "Dropbox Inc", LinkKey: "defender-app:11"}}, Decision{ActionUseOurs, "s1", "Dropbox"}},
		{"a renamed record keeps its name when the plain one is free", []Existing{{ID: "s1", Name: "Dropbox (11)", LinkKey: "defender-app:11"}},
			Decision{ActionUseOurs, "s1", "Dropbox (11)"}},
		{"somebody else's of that name is adopted", []Existing{{ID: "s2", Name: "DROPBOX", CreatedBy: "admin"}}, Decision{ActionAdopt, "s2", "DROPBOX"}},
		{"one linked by another integration is adopted, though we made it", []Existing{{ID: "s2", Name: "Dropbox", LinkKey: "okta:5", CreatedBy: us}},
			Decision{ActionAdopt, "s2", "Dropbox"}},
		{"one that we made without a link is ours", []Existing{{ID: "s2", Name: "dropbox", CreatedBy: "Sync@Contoso.com"}}, Decision{ActionUseOurs, "s2", "Dropbox"}},
		{"another Defender app has the name", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12", CreatedBy: us}},
			Decision{ActionCreateRenamed, "", "Dropbox (11)"}},
		{"another has the name, and ours is there by its link", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12"}, {ID: "s4", Name: "Dropbox (11)", LinkKey: "defender-app:11"}},
			Decision{ActionUseOurs, "s4", "Dropbox (11)"}},
		{"another has the name, and ours is there though the link was lost", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12"}, {ID: "s4", Name: "Dropbox (11)", CreatedBy: us}},
			Decision{ActionUseOurs, "s4", "Dropbox (11)"}},
		{"the longer name alone is ours too", []Existing{{ID: "s4", Name: "Dropbox (11)", CreatedBy: us}}, Decision{ActionUseOurs, "s4", "Dropbox (11)"}},
		{"two with our id: always the same one", []Existing{{ID: "s8", Name: "X", LinkKey: "defender-app:11"}, ours}, Decision{ActionUseOurs, "s1", "Dropbox"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Match(app, tt.found, us); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			reversed := slices.Clone(tt.found)
			slices.Reverse(reversed)
			if got := Match(app, reversed, us); got != tt.want {
				t.Errorf("in another order: got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestMatchWithoutAnIntegrationUserTakesNothingForOurs(t *testing.T) {
	got := Match(App{ID: "11", Name: "Dropbox"}, []Existing{{ID: "s2", Name: "Dropbox"}}, "")
	if want := (Decision{ActionAdopt, "s2", "Dropbox"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTwoAppsOfOneNameFindTheirOwnRecordsAgain(t *testing.T) {
	const us = "sync@contoso.com"
	apps := []App{{ID: "11", Name: "Box"}, {ID: "12", Name: "box"}}
	var records []Existing
	for _, app := range apps {
		d := Match(app, records, us)
		if d.ID != "" {
			t.Fatalf("app %s was given record %s", app.ID, d.ID)
		}
		records = append(records, Existing{ID: "s" + app.ID, Name: d.Name, LinkKey: LinkKey(app.ID), CreatedBy: us})
	}
	for _, app := range apps {
		if d := Match(app, records, us); d.Action != ActionUseOurs || d.ID != "s"+app.ID {
			t.Errorf("app %s: %+v", app.ID, d)
		}
		if !slices.Contains(CandidateNames(app), Match(app, records, us).Name) {
			t.Errorf("app %s isn't looked for by its name", app.ID)
		}
	}
}
