package query

import (
	"slices"
	"strings"
	"testing"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// manyAI is a tenant with apps of every category of AI.
func manyAI() simulator.Options {
	o := several()
	o.Apps, o.Pairs = 300, 3000
	return o
}

// aiTruth is what Defender has of AI, by name.
func (r *rig) aiTruth() map[string]simulator.TruthApp {
	r.t.Helper()
	out, kinds := map[string]simulator.TruthApp{}, map[string]bool{}
	for _, app := range r.truth() {
		if saas.IsAI(app.Category) {
			out[saas.NameKey(app.Name)] = app
			kinds[app.Category] = true
		}
	}
	if len(kinds) != 4 {
		r.t.Fatalf("the simulated tenant has %d categories of AI", len(kinds))
	}
	return out
}

func TestAppsOfAIAreThoseThatDefenderCallsSo(t *testing.T) {
	r := newRig(t, manyAI())
	want := r.aiTruth()
	got := r.apps(AppsOptions{AI: true, WithUsers: true}.ByTagOfAnyone())
	others := 0
	for _, a := range got {
		w, ok := want[saas.NameKey(strings.TrimSuffix(a.Name, " ("+a.DefenderID+")"))]
		if !ok || !a.AI || !saas.IsAI(a.Category) || a.Tag != w.Tag || a.Risk != float64(w.Score) || a.Created.IsZero() {
			t.Errorf("%+v is not %+v", a, w)
		}
		if a.CreatedBy != r.Policy.IntegrationUser {
			others++
		}
		if a.Users != len(r.held.Assigned[a.Name]) {
			t.Errorf("%s has %d users, want %d", a.Name, a.Users, len(r.held.Assigned[a.Name]))
		}
	}
	if len(got) < len(want)/2 || others == 0 {
		t.Errorf("%d apps, %d of them by others, of %d", len(got), others, len(want))
	}
	for _, app := range want {
		name := app.Name
		if _, recorded := r.held.SaaS[name]; recorded && !slices.ContainsFunc(got, func(a App) bool { return a.Name == name }) {
			t.Errorf("%s is missing", name)
		}
	}
	r.noted("were first recorded this month (since 2026-11-01): ")
	r.clean()
}

func TestWithoutDefenderTheRecordsTellWhatIsAI(t *testing.T) {
	r := newRig(t, manyAI())
	r.Defender = nil
	want := 0
	for _, s := range r.held.SaaS {
		if saas.IsAI(s.Category) {
			want++
		}
	}
	got := r.apps(AppsOptions{AI: true}.ByTagOfAnyone())
	if len(got) != want || want == 0 {
		t.Errorf("%d apps, want %d", len(got), want)
	}
	r.noted("set DEFENDER_API_URL and DEFENDER_API_KEY")
}

// TestACategoryThatOomnitzaDoesNotKeepIsReadFromDefender has a tenant that takes none of
// Defender's categories.
func TestACategoryThatOomnitzaDoesNotKeepIsReadFromDefender(t *testing.T) {
	r := newRigBehind(t, manyAI(), rewriting("/", func(_ string, rows []map[string]any) []map[string]any {
		for _, row := range rows {
			if category, _ := row["category"].(string); saas.IsAI(category) {
				row["category"] = "Other"
			}
		}
		return rows
	}))
	got := r.apps(AppsOptions{AI: true}.ByTagOfAnyone())
	if len(got) == 0 || slices.ContainsFunc(got, func(a App) bool { return !saas.IsAI(a.Category) }) {
		t.Errorf("%+v", got)
	}
}

func TestWhoUsesAIIsListedByApp(t *testing.T) {
	r := newRig(t, manyAI())
	apps := map[string]int{}
	for _, a := range r.apps(AppsOptions{AI: true, WithUsers: true}.ByTagOfAnyone()) {
		apps[a.Name] = a.Users
	}
	_, rows, err := UsersOptions{AI: true}.Answer(t.Context(), r.Source)
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		name, _ := row[0].(string)
		apps[name]--
	}
	for name, left := range apps {
		if left != 0 {
			t.Errorf("of %s %d users are missing", name, left)
		}
	}
	if err := (UsersOptions{AI: true, App: "Dropbox"}).Validate(); err == nil || !strings.Contains(err.Error(), "ai") {
		t.Errorf("an app and AI: %v", err)
	}
}

func TestAReportOfAISaysWhatItIs(t *testing.T) {
	r := newRig(t, manyAI())
	sheet, _, err := AppsOptions{AI: true}.ByTagOfAnyone().Answer(t.Context(), r.Source)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, c := range sheet.Columns {
		keys = append(keys, c.Key)
	}
	if text := strings.Join(keys, " "); text != "name category website risk tag lastSeen created createdBy activeUsers appId defenderAppId defenderPage appPage" {
		t.Errorf("the columns are %s", text)
	}
}
