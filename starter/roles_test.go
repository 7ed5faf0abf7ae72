package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/preflight"
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

func TestRolesAreWrittenInTheColumnsAndTheFormatThatAreAskedFor(t *testing.T) {
	p := newTenants(t, simulator.Options{Seed: 7, Apps: 12, People: 60, Pairs: 60, Roles: []int{1, 25, 26}})
	file := filepath.Join(t.TempDir(), "roles.csv")
	command(t, p.environ, nil, "roles", "--columns", "people,ROLE", "--file", file).ends(exitCompleted).says("wrote ", file, "seen among all ")
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "people,role\r\n") || !strings.Contains(string(text), ",26\r\n") {
		t.Errorf("%v: %q", err, text)
	}
	command(t, p.environ, nil, "roles", "--columns", "rank").ends(exitUsage).says(`"rank"`, "isDefault")
	command(t, p.environ, nil, "roles", "--output", "yaml").ends(exitUsage).says(`"yaml"`)
	command(t, append(p.environ, "OOMNITZA_URL=http://127.0.0.1:1"), nil, "roles").ends(exitFailed).says("127.0.0.1:1")
}

func TestItIsSaidAmongWhomRolesWereLookedFor(t *testing.T) {
	for want, found := range map[string]preflight.Roles{
		"seen among all 60 people":                                                         {People: 60, Whole: true},
		"seen among all 1,060 people; 3 have none":                                         {People: 1060, Whole: true, Without: 3},
		"seen among the first 10,000 people; others may have other roles":                  {People: 10000},
		"seen among the first 10,000 people; others may have other roles; 9,999 have none": {People: 10000, Without: 9999},
	} {
		if got := describeRoles(found); got != want {
			t.Errorf("%+v: %q, not %q", found, got, want)
		}
	}
}
