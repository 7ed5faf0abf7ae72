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
		{"nothing is there", nil, Decision{Action: ActionCreate, ID: "", Name: "Dropbox"}},
		{"only records of other names", []Existing{{ID: "s9", Name: "Box"}}, Decision{Action: ActionCreate, ID: "", Name: "Dropbox"}},
		{"the record that carries our id", []Existing{ours}, Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox"}},
		{"the id wins over the name", []Existing{{ID: "s0", Name: "dropbox"}, {ID: "s1", Name: "Dropbox Inc", LinkKey: "defender-app:11"}},
			Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox (11)", Blocker: "s0"}},
		{"an app renamed in Defender", []Existing{{ID: "s1", Name: "Dropbox Inc", LinkKey: "defender-app:11"}}, Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox"}},
		{"a renamed record gets the plain name once that is free", []Existing{{ID: "s1", Name: "Dropbox (11)", LinkKey: "defender-app:11"}},
			Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox"}},
		{"somebody else's of that name is adopted", []Existing{{ID: "s2", Name: "DROPBOX", CreatedBy: "admin"}}, Decision{Action: ActionAdopt, ID: "s2", Name: "DROPBOX"}},
		{"one linked by another integration is adopted, though we made it", []Existing{{ID: "s2", Name: "Dropbox", LinkKey: "okta:5", CreatedBy: us}},
			Decision{Action: ActionAdopt, ID: "s2", Name: "Dropbox"}},
		{"one that we made without a link is ours", []Existing{{ID: "s2", Name: "dropbox", CreatedBy: "Sync@Contoso.com"}}, Decision{Action: ActionUseOurs, ID: "s2", Name: "Dropbox"}},
		{"another Defender app has the name", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12", CreatedBy: us}},
			Decision{Action: ActionCreateRenamed, Name: "Dropbox (11)", Blocker: "s3"}},
		{"another has the name, and ours is there by its link", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12"}, {ID: "s4", Name: "Dropbox (11)", LinkKey: "defender-app:11"}},
			Decision{Action: ActionUseOurs, ID: "s4", Name: "Dropbox (11)", Blocker: "s3"}},
		{"another has the name, and ours is there though the link was lost", []Existing{{ID: "s3", Name: "Dropbox", LinkKey: "defender-app:12"}, {ID: "s4", Name: "Dropbox (11)", CreatedBy: us}},
			Decision{Action: ActionUseOurs, ID: "s4", Name: "Dropbox (11)"}},
		{"the longer name alone is ours too, and nothing else tells whose the record is", []Existing{{ID: "s4", Name: "Dropbox (11)", CreatedBy: us}}, Decision{Action: ActionUseOurs, ID: "s4", Name: "Dropbox (11)"}},
		{"the longer name with our link", []Existing{{ID: "s4", Name: "Dropbox (11)", LinkKey: "defender-app:11", CreatedBy: us}}, Decision{Action: ActionUseOurs, ID: "s4", Name: "Dropbox"}},
		{"two that we made and both lost their link", []Existing{{ID: "s3", Name: "Dropbox", CreatedBy: us}, {ID: "s4", Name: "Dropbox (11)", CreatedBy: us}},
			Decision{Action: ActionUseOurs, ID: "s4", Name: "Dropbox (11)"}},
		{"one that is known to be ours by other means", []Existing{{ID: "s2", Name: "Dropbox", CreatedBy: "100002", Mine: true}}, Decision{Action: ActionUseOurs, ID: "s2", Name: "Dropbox"}},
		{"a hidden one before a seen one", []Existing{{ID: "s1", Name: "Dropbox", Hidden: true}, {ID: "s2", Name: "dropbox"}}, Decision{Action: ActionAdopt, ID: "s2", Name: "dropbox"}},
		{"two with our id, one of them hidden", []Existing{{ID: "s0", Name: "Dropbox", LinkKey: "defender-app:11", Hidden: true}, ours}, Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox"}},
		{"a name that differs by an accent is another's", []Existing{{ID: "s2", Name: "Dröpbox"}}, Decision{Action: ActionCreate, Name: "Dropbox"}},
		{"two with our id: always the same one", []Existing{{ID: "s8", Name: "X", LinkKey: "defender-app:11"}, ours}, Decision{Action: ActionUseOurs, ID: "s1", Name: "Dropbox"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := MatchRecord(app, tt.found, us); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			reversed := slices.Clone(tt.found)
			slices.Reverse(reversed)
			if got := MatchRecord(app, reversed, us); got != tt.want {
				t.Errorf("in another order: got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestMatchWithoutAnIntegrationUserTakesNothingForOurs(t *testing.T) {
	got := MatchRecord(App{ID: "11", Name: "Dropbox"}, []Existing{{ID: "s2", Name: "Dropbox"}}, "")
	if want := (Decision{Action: ActionAdopt, ID: "s2", Name: "Dropbox"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTwoAppsOfOneNameFindTheirOwnRecordsAgain(t *testing.T) {
	const us = "sync@contoso.com"
	apps := []App{{ID: "11", Name: "Box"}, {ID: "12", Name: "box"}}
	var records []Existing
	for _, app := range apps {
		d := MatchRecord(app, records, us)
		if d.ID != "" {
			t.Fatalf("app %s was given record %s", app.ID, d.ID)
		}
		records = append(records, Existing{ID: "s" + app.ID, Name: d.Name, LinkKey: LinkKey(app.ID), CreatedBy: us})
	}
	for _, app := range apps {
		if d := MatchRecord(app, records, us); d.Action != ActionUseOurs || d.ID != "s"+app.ID {
			t.Errorf("app %s: %+v", app.ID, d)
		}
		if !slices.Contains(CandidateNames(app), MatchRecord(app, records, us).Name) {
			t.Errorf("app %s isn't looked for by its name", app.ID)
		}
	}
}

func TestANameThatTheTenantChangedIsTheSameName(t *testing.T) {
	const us = "sync@contoso.com"
	long := "A very long name of an app that no column of forty characters can hold"
	for _, tt := range []struct {
		name, have string
		mine       bool
		action     Action
	}{
		{"AT&T", "AT&amp;T", false, ActionAdopt},
		{"AT&T", "AT&amp;T", true, ActionUseOurs},
		{`"Q" <x>`, "&#34;Q&#34; &lt;x&gt;", true, ActionUseOurs},
		{"Orbit  Notes", " orbit notes ", true, ActionUseOurs},
		{long, long[:40], true, ActionUseOurs},
		{long, long[:40], false, ActionCreate},
		{long, long[:41], true, ActionCreate},
		{"Orbit Notes", "Orbit", true, ActionCreate},
	} {
		e := Existing{ID: "s1", Name: tt.have, CreatedBy: "somebody"}
		if tt.mine {
			e.CreatedBy = us
		}
		if d := MatchRecord(App{ID: "11", Name: tt.name}, []Existing{e}, us); d.Action != tt.action {
			t.Errorf("%q with a record %q, ours: %v: %+v", tt.name, tt.have, tt.mine, d)
		}
	}
	names := LookupNames(App{ID: "11", Name: "R&D " + long})
	for _, want := range []string{"R&amp;D " + long, ("R&D " + long)[:64], "R&D A very long (11)"} {
		if !slices.Contains(names, want) {
			t.Errorf("%q is not looked for in %q", want, names)
		}
	}
}

func TestNamesSettleOnceTheyAreFree(t *testing.T) {
	app := func(id, name string) App { return App{ID: id, Name: name} }
	record := func(id, name string) Existing { return Existing{ID: "s" + id, Name: name, LinkKey: LinkKey(id)} }
	for _, tt := range []struct {
		name    string
		apps    []App
		records []Existing
		want    []string // names
		after   []int
	}{
		{"a swap", []App{app("1", "Beta"), app("2", "Alpha")}, []Existing{record("1", "Alpha"), record("2", "Beta")},
			[]string{"Beta", "Alpha"}, []int{1, 0}},
		{"a chain", []App{app("1", "B"), app("2", "C"), app("3", "D")}, []Existing{record("1", "A"), record("2", "B"), record("3", "C")},
			[]string{"B", "C", "D"}, []int{1, 2, -1}},
		{"a cycle of three", []App{app("1", "B"), app("2", "C"), app("3", "A")}, []Existing{record("1", "A"), record("2", "B"), record("3", "C")},
			[]string{"B", "C", "A"}, []int{1, 2, 0}},
		{"a new app takes a name that is given up", []App{app("9", "Alpha"), app("1", "Beta")}, []Existing{record("1", "Alpha")},
			[]string{"Alpha", "Beta"}, []int{1, -1}},
		{"two want it, the first gets it", []App{app("2", "A"), app("9", "A"), app("1", "Z")}, []Existing{record("1", "A"), record("2", "B")},
			[]string{"A", "A (9)", "Z"}, []int{2, -1, -1}},
		{"who keeps the name blocks it", []App{app("1", "Alpha"), app("2", "alpha")}, []Existing{record("1", "Alpha"), record("2", "alpha (2)")},
			[]string{"Alpha", "alpha (2)"}, []int{-1, -1}},
		{"the holder is on another page", []App{app("1", "Beta")}, []Existing{record("1", "Alpha"), record("2", "Beta")}, []string{"Beta (1)"}, []int{-1}},
		{"a parked name settles", []App{app("1", "Beta")}, []Existing{record("1", "Beta (1)")}, []string{"Beta"}, []int{-1}},
		{"somebody else's record blocks it", []App{app("1", "Beta")}, []Existing{record("1", "Alpha"), {ID: "x", Name: "Beta"}}, []string{"Beta (1)"}, []int{-1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			names := map[string]string{}
			for _, e := range tt.records {
				names[e.ID] = e.Name
			}
			var decisions []Decision
			for _, a := range tt.apps {
				decisions = append(decisions, MatchRecord(a, tt.records, ""))
			}
			for i, got := range SettleNames(tt.apps, decisions, names) {
				if got.Name != tt.want[i] || got.After != tt.after[i] {
					t.Errorf("app %s: %q after %d, want %q after %d", tt.apps[i].ID, got.Name, got.After, tt.want[i], tt.after[i])
				}
			}
		})
	}
}

func TestWhatIsNotTakenIsRemembered(t *testing.T) {
	var u Untaken
	u.Add("category", "Cloud storage", "not in the list")
	u.Add("category", "CRM", "other words")
	u.Add("category", "CRM", "again")
	u.Add("url", "x.example", "")
	copied := u.Clone()
	copied.Add("category", "AI", "more")
	for _, tt := range []struct {
		field, value string
		has          bool
		words        string
	}{
		{"category", "Cloud storage", true, "not in the list"}, {"category", "CRM", true, "not in the list"}, {"category", "AI", false, ""},
		{"publisher", "CRM", false, ""}, {"url", "x.example", true, ""},
	} {
		if u.Has(tt.field, tt.value) != tt.has || u.RefusalOf(tt.field, tt.value) != tt.words {
			t.Errorf("%s %q: %v %q", tt.field, tt.value, u.Has(tt.field, tt.value), u.RefusalOf(tt.field, tt.value))
		}
	}
	for i := range 2 * maxUntaken {
		u.Add("url", string(rune('a'+i%26))+LinkKey(string(rune(0x4e00+i))), "no")
	}
	if u.countValues() != maxUntaken {
		t.Errorf("%d values are kept", u.countValues())
	}
}
