package main

import (
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

func TestRolesListsThoseOfTheTenantsPeople(t *testing.T) {
	r := newRig(t, simulator.Options{Seed: 7, Apps: 12, People: 60, Pairs: 60, Roles: []int{1, 25, 26}})
	var got struct {
		Data []struct {
			Role, People int
			Some         string
			IsDefault    bool
		}
		About []struct{ Name, Value string }
	}
	r.run("roles", "--output", "json").ends(exitCompleted).decodeWhole(&got)
	want := map[int]int{}
	total := 0
	for _, p := range r.Sim.Holdings().People {
		want[p.Role]++
		total++
	}
	if len(got.Data) != len(want) || len(want) < 2 {
		t.Errorf("%+v, want %v", got.Data, want)
	}
	for _, row := range got.Data {
		if row.People != want[row.Role] || row.Some == "" || row.IsDefault != (row.Role == 25) {
			t.Errorf("%+v, want %d people", row, want[row.Role])
		}
	}
	if len(got.About) != 1 || got.About[0].Name != "seen" || !strings.HasPrefix(got.About[0].Value, "seen among all ") {
		t.Errorf("%q", got.About)
	}
	r.run("roles").ends(exitCompleted).prints("Some of them", "@contoso.com").says("seen among all ")
	if got := r.runWith([]string{"OOMNITZA_API_TOKEN=revoked-token-4711"}, "roles").ends(exitUsage); !strings.Contains(got.err, "OOMNITZA_API_TOKEN") || strings.Contains(got.err, "revoked-token") {
		t.Errorf("%s", got.err)
	}
	command(t, nil, nil, "roles").ends(exitUsage).says("OOMNITZA_URL", "OOMNITZA_API_TOKEN")
}
