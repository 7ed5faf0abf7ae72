package saas

import (
	"fmt"
	"strings"
	"testing"
)

func TestClaimsTellWhoseARecordIs(t *testing.T) {
	var c Claims
	c.Add("5001", "11", "Dropbox")
	c.Add("5001", "12", "dropbox") // comes too late
	c.Add("5002", "13", "Box")
	if c.ClaimedByOthers("5001", "11") || !c.ClaimedByOthers("5001", "12") || !c.ClaimedByOthers("5002", "11") || c.ClaimedByOthers("5003", "11") {
		t.Error("a record is told to be another app's than it is")
	}
	for name, tc := range map[string]struct {
		apps []App
		want bool
	}{
		"the app itself":               {[]App{{ID: "11", Name: "Dropbox"}}, false},
		"another of its name":          {[]App{{ID: "12", Name: "DROPBOX"}}, true},
		"both":                         {[]App{{ID: "12", Name: "Dropbox"}, {ID: "11", Name: "Dropbox"}}, true},
		"one of another name":          {[]App{{ID: "14", Name: "Drop"}}, false},
		"one whose longer name it has": {[]App{{ID: "14", Name: "Dropbox (12)"}}, false},
	} {
		if got := c.ForApps(tc.apps).ClaimedByOthers("5001", "12"); got != tc.want {
			t.Errorf("%s: claims go with it: %v", name, got)
		}
	}
}

func TestTheLatestClaimsAreKept(t *testing.T) {
	var c Claims
	for i := range 10 {
		var more Claims
		more.Add(fmt.Sprint("r", i%6), fmt.Sprint("a", i%6), fmt.Sprint("Name ", i%6))
		c = c.WithLatest(more, 4)
	}
	for i, known := range []bool{true, true, true, true, false, false} {
		if got := c.ClaimedByOthers(fmt.Sprint("r", i), "x"); got != known {
			t.Errorf("record %d is known: %v", i, got)
		}
	}
	if len(c) != 4*claimSize {
		t.Errorf("%d bytes", len(c))
	}
}

func TestARecordThatStandsForAnotherAppIsNotTaken(t *testing.T) {
	app, us := App{ID: "11", Name: "Dropbox"}, "sync@contoso.com"
	renamed := Decision{Action: ActionCreateRenamed, Name: "Dropbox (11)", Blocker: "s1"}
	for name, tc := range map[string]struct {
		found []Existing
		want  Decision
	}{
		"somebody else's":      {[]Existing{{ID: "s1", Name: "Dropbox", LinkKey: "okta:5", Taken: true}}, renamed},
		"ours without a key":   {[]Existing{{ID: "s1", Name: "Dropbox", CreatedBy: us, Taken: true}}, renamed},
		"with our id in a key": {[]Existing{{ID: "s1", Name: "Dropbox", Taken: true}, {ID: "s2", Name: "Dropbox (11)", LinkKey: "defender-app:11"}}, Decision{Action: ActionUseOurs, ID: "s2", Name: "Dropbox (11)", Blocker: "s1"}},
		"with our id in a name, of an unknown maker": {[]Existing{{ID: "s1", Name: "Dropbox"}, {ID: "s2", Name: "Dropbox (11)"}},
			Decision{Action: ActionAdopt, ID: "s2", Name: "Dropbox (11)"}},
	} {
		if got := MatchRecord(app, tc.found, us); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAClaimStandsOnce(t *testing.T) {
	var c Claims
	for range 3 {
		c.Add("5001", "11", "Dropbox")
	}
	if len(c) != claimSize {
		t.Errorf("one claim has %d bytes", len(c))
	}
	if c.Add("5002", "12", "Box", "Box (12)"); len(c) != 3*claimSize {
		t.Errorf("three claims have %d bytes", len(c))
	}
	if got := c.ForApps([]App{{ID: "13", Name: "Box (12)"}}); len(got) != claimSize || !got.ClaimedByOthers("5002", "13") {
		t.Errorf("the last claim is lost: %d bytes", len(got))
	}
}

func TestALaterClaimReplacesOneToTheSameRecord(t *testing.T) {
	var c, more Claims
	c.Add("5001", "11", "Dropbox")
	c.Add("5002", "12", "Box")
	more.Add("5001", "21", "Dropbox")
	got := c.WithLatest(more, 9)
	if len(got) != 2*claimSize || got.ClaimedByOthers("5001", "21") || !got.ClaimedByOthers("5001", "11") || got.ClaimedByOthers("5002", "12") {
		t.Errorf("%d bytes: %x", len(got), got)
	}
	for limit, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 2} {
		if kept := got.KeepLatest(limit); len(kept) != want*claimSize {
			t.Errorf("of %d claims %d bytes are kept", limit, len(kept))
		}
	}
}

func TestNamesThatATenantMayMakeOneAreAGroup(t *testing.T) {
	same := strings.Repeat("x", nameCaps[0]-2)
	if NameGroup(same+"ya") != NameGroup(same+"yb") {
		t.Error("two names that are one when cut are two groups")
	}
	if NameGroup(same+"a") == NameGroup(same+"b") {
		t.Error("two names that differ before any cut are one group")
	}
	if NameGroup("BOX") != "box" {
		t.Error("a short name is not its own group")
	}
}
