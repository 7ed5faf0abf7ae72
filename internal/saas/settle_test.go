package saas

import "testing"

func TestAnAppThatTakesAFreedNameIsMadeUnderIt(t *testing.T) {
	apps := []App{{ID: "9", Name: "Alpha"}, {ID: "1", Name: "Beta"}, {ID: "2", Name: "Gamma"}}
	decisions := []Decision{
		{Action: ActionCreateRenamed, Name: "Alpha (9)", Blocker: "s1"},
		{Action: ActionUseOurs, ID: "s1", Name: "Beta (1)", Blocker: "s2"},
		{Action: ActionUseOurs, ID: "s2", Name: "Gamma"},
	}
	want := []Settled{
		{Decision{Action: ActionCreate, Name: "Alpha", Blocker: "s1"}, 1},
		{Decision{Action: ActionUseOurs, ID: "s1", Name: "Beta", Blocker: "s2"}, 2},
		{Decision{Action: ActionUseOurs, ID: "s2", Name: "Gamma"}, -1},
	}
	for i, got := range SettleNames(apps, decisions, map[string]string{"s1": "Alpha", "s2": "Beta"}) {
		if got != want[i] {
			t.Errorf("app %s: %+v, want %+v", apps[i].ID, got, want[i])
		}
	}
}
