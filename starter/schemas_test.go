package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"defendersync/internal/buildinfo"
	"defendersync/internal/contract"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
	"defendersync/internal/testing/schemas"
	"defendersync/internal/versions"
)

// schemasFolder has a JSON Schema for each kind of document that a command prints.
var schemasFolder = filepath.Join("..", "docs", "schemas")

// checkedDocuments holds all that commands print as JSON in tests against the schemas.
var checkedDocuments = &schemas.Folder{Files: os.DirFS(schemasFolder)}

// documents are all kinds of documents that commands print.
func documents() []schemas.Document {
	session := []schemas.Field{
		{Name: "session", Value: "", Says: "workflow id"}, {Name: "outcome", Value: saas.Outcome(""), Says: "of the session"},
		{Name: "rejected", Value: 0, Says: "how many rows were rejected"}, {Name: "notShown", Value: 0, Says: "how many of them were only counted"},
	}
	overall := []schemas.Field{
		{Name: "namespace", Value: "", Says: "of Temporal"}, {Name: "code", Value: 0, Says: "of the worst integration, as the exit code"}, {Name: "status", Value: "", Says: "the code in a word"},
	}
	all := schemas.TableForm(slices.Concat(appForm(), query.WebsitesOptions{}.Columns(), userForm()))
	return []schemas.Document{
		{Kind: "check", Says: "What 'defendersync check' found.", Integration: true, Data: finding{}, List: true},
		{Kind: "config.show", Says: "The settings, without secrets.", Table: forms(settingColumns())},
		{Kind: "schedule.show", Says: "The schedule, its starts and how it differs from the settings.", Integration: true, Data: scheduleJSON{}},
		{Kind: "run", Says: "The session that was started, or that stood in the way.", Integration: true, Data: started{}},
		{Kind: "run.progress", Says: "How far a session is that 'defendersync run' follows.", Integration: true, Data: progressJSON{}},
		{Kind: "run.result", Says: "What came of a session that 'defendersync run' has followed.", Integration: true, Data: sessionJSON{}},
		{Kind: kindPlan, Says: "What a session would write, by 'defendersync run --dry-run --plan'.", Integration: true, Lists: planForm()},
		{Kind: "sessions.list", Says: "Sessions, the latest first.", Integration: true, Table: forms(sessionColumns())},
		{Kind: "sessions.show", Says: "All that is known of a session.", Integration: true, Data: sessionJSON{}},
		{Kind: "sessions.errors", Says: "The rows that a session could not read or write.", Integration: true, Fields: session, Table: forms(rejectColumns())},
		{Kind: "sessions.cancel", Says: "The session that was cancelled.", Integration: true, Data: sessionJSON{}},
		{Kind: "report.apps", Says: "Apps that Defender has discovered.", Integration: true, Table: forms(appForm())},
		{Kind: "report.websites", Says: "Domains of the websites that users access.", Integration: true, Table: forms(query.WebsitesOptions{}.Columns())},
		{Kind: "report.users", Says: "Users of apps.", Integration: true, Table: forms(userForm())},
		{Kind: "report.users.import", Says: "Files that were written for Oomnitza's import.", Integration: true, Table: forms(importForm())},
		{Kind: "report.run", Says: "The rows of a saved report: apps, websites or users.", Integration: true, Table: forms(all)},
		{Kind: "report.list", Says: "The reports of the reports file.", Table: forms(reportColumns())},
		{Kind: "report.subscribe", Says: "The reports that are subscribed (--list).", Integration: true, Table: forms(subscriptionColumns())},
		{Kind: "status", Says: "All integrations of the namespace.", Fields: overall, Optional: []schemas.Field{{Name: "error", Value: "", Says: "why integrations may be missing"}}, Data: integrationJSON{}, List: true},
		{Kind: "watch", Says: "Whether sessions run as they should.", Integration: true, Data: verdictJSON{}},
		{Kind: "workers", Says: "The workers, their versions and what runs on which.", Integration: true, Data: fleetJSON{}},
		{Kind: "notifications.list", Says: "The latest notices, newest first.", Integration: true, Data: noticeJSON{}, List: true,
			Fields: []schemas.Field{{Name: "undelivered", Value: []undeliveredJSON{}, Says: "deliveries that failed, those that were given up last"}}},
		{Kind: "notifications.read", Says: "The notices that were marked as read.", Integration: true, Data: noticeJSON{}, List: true},
		{Kind: "notifications.test", Says: "What came of a test notice, by channel and receiver.", Integration: true, Data: delivery{}, List: true},
		{Kind: "roles", Says: "The roles of Oomnitza's people.", Integration: true, Table: forms(roleColumns())},
		{Kind: "version", Says: "What the program was built of.", Data: buildinfo.Info{}},
	}
}

func forms(columns ...[]sheet.Column) (out []schemas.TableForm) {
	for _, c := range columns {
		out = append(out, c)
	}
	return out
}

func sessionColumns() (out []sheet.Column) {
	for _, c := range dataColumns() {
		out = append(out, c.Column)
	}
	return out
}

func planForm() (out []schemas.ListForm) {
	for _, part := range (&planning{}).planParts() {
		out = append(out, schemas.ListForm{Key: part.Key, TableForm: part.Columns})
	}
	return out
}

// appForm and userForm are the columns of these reports with every flag that adds some.
func appForm() []sheet.Column {
	return query.AppsOptions{AI: true, WithRisk: true, WithUsers: true, WebsiteContains: "a"}.Columns()
}

func userForm() []sheet.Column {
	return slices.Concat(query.UsersOptions{AllApps: true, Live: true}.Columns())
}

func importForm() []sheet.Column {
	s, _ := query.Import{}.AsSheet()
	return s.Columns
}

// schemaGenerator makes the schemas, with the comments of the types as descriptions.
func schemaGenerator(t *testing.T) *schemas.Generator {
	t.Helper()
	internal := func(name string) string { return filepath.Join("..", "internal", name) }
	comments, err := schemas.ReadComments(".", internal("saas"), internal("versions"), internal("calendar"), internal("buildinfo"))
	if err != nil {
		t.Fatal(err)
	}
	return &schemas.Generator{Comments: comments, Enums: map[reflect.Type][]string{
		reflect.TypeFor[saas.Outcome]():   asWords(sessions.ListOutcomes()),
		reflect.TypeFor[status]():         asWords([]status{statusOK, statusWarning, statusFailed, statusOff, statusUnknown}),
		reflect.TypeFor[deliveryState]():  asWords([]deliveryState{stateSent, stateFailed, stateUnset, stateNotRun}),
		reflect.TypeFor[notify.Channel](): asWords([]notify.Channel{notify.Email, notify.Webhook, notify.Ping}),
		reflect.TypeFor[contract.NoticeKind](): asWords([]contract.NoticeKind{contract.NoticeFailed, contract.NoticeStalled, contract.NoticeStuck,
			contract.NoticeMissed, contract.NoticeRecovered, contract.NoticeTest}),
		reflect.TypeFor[versions.Status](): append(asWords([]versions.Status{versions.Current, versions.Ramping, versions.Draining, versions.Drained, versions.Inactive}), ""),
		reflect.TypeFor[versions.Kind]():   asWords([]versions.Kind{versions.Session, versions.Lane, versions.Watch, versions.Report}),
		reflect.TypeFor[versions.Level]():  asWords([]versions.Level{versions.Wrong, versions.Attention, versions.Hint}),
	}}
}

func asWords[T ~string](list []T) (out []string) {
	for _, word := range list {
		out = append(out, string(word))
	}
	return out
}

// TestEveryKindOfDocumentHasItsSchema compares docs/schemas with the types that commands
// print; go test -update ./starter writes it.
func TestEveryKindOfDocumentHasItsSchema(t *testing.T) {
	g := schemaGenerator(t)
	known := map[string]bool{}
	for _, d := range documents() {
		text, err := g.Make(d)
		if err != nil {
			t.Fatal(err)
		}
		name := d.Kind + schemas.Extension
		known[name] = true
		path := filepath.Join(schemasFolder, name)
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if held, err := os.ReadFile(path); err != nil || !bytes.Equal(held, text) {
			t.Errorf("%s is not what is printed (go test -update ./starter writes it): %v", path, err)
		}
	}
	files, err := os.ReadDir(schemasFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("nothing is printed as %s", f.Name())
		}
	}
}

func TestEveryCommandWithJSONHasASchema(t *testing.T) {
	left := map[string]bool{}
	for _, d := range documents() {
		left[d.Kind] = true
	}
	every(newApp(streams{}).Commands, nil, func(path []string, cmd *cli.Command) {
		kind := strings.Join(path, ".")
		if !slices.ContainsFunc(cmd.Flags, func(f cli.Flag) bool { return f.Names()[0] == "output" }) {
			return
		}
		if !left[kind] {
			t.Errorf("'defendersync %s --output json' has no schema", strings.Join(path, " "))
		}
		maps.DeleteFunc(left, func(k string, _ bool) bool { return k == kind || strings.HasPrefix(k, kind+".") })
	})
	for kind := range left {
		t.Errorf("no command prints %s", kind)
	}
}

// printsJSON finds the flag that asks for JSON among a command's words.
var printsJSON = regexp.MustCompile(`(^| )(--output|-o)[ =]json( |$)`)

// checkPrinted holds what a command printed as JSON against the schemas of its kinds.
func (r ran) checkPrinted() {
	r.t.Helper()
	if !printsJSON.MatchString(r.args) || r.out == "" || strings.Contains(r.args, "--file") {
		return
	}
	err := checkedDocuments.CheckDocuments(r.out)
	if errors.Is(err, schemas.ErrCutOff) && r.code != exitCompleted {
		return // and known by that
	}
	if err != nil {
		r.t.Errorf("%s prints what its schema does not have: %v", r.args, err)
	}
}

// printsEveryKind reports whether the tests have printed each kind of document, and
// names those that they have not.
func printsEveryKind() bool {
	all := true
	for _, d := range documents() {
		if !checkedDocuments.HasMet(d.Kind) {
			all = false
			fmt.Fprintf(os.Stderr, "no test prints JSON of kind %s\n", d.Kind)
		}
	}
	return all
}

// TestASchemaRefusesWhatIsNotItsDocument changes documents and expects each change to be
// seen.
func TestASchemaRefusesWhatIsNotItsDocument(t *testing.T) {
	changes := map[string]func(doc map[string]any){
		"another kind":          func(doc map[string]any) { doc["kind"] = "roles" },
		"another version":       func(doc map[string]any) { doc["version"] = 2 },
		"a further key":         func(doc map[string]any) { doc["more"] = 1 },
		"no time":               func(doc map[string]any) { delete(doc, "generatedAt") },
		"a time in a zone":      func(doc map[string]any) { doc["generatedAt"] = "2026-11-27T13:00:00+01:00" },
		"a time with fractions": func(doc map[string]any) { doc["generatedAt"] = "2026-11-27T12:00:00.5Z" },
		"no data":               func(doc map[string]any) { delete(doc, "data") },
		"data of another kind":  func(doc map[string]any) { doc["data"] = "none" },
		"a key in data": func(doc map[string]any) {
			one, ok := doc["data"].(map[string]any)
			if list, is := doc["data"].([]any); is {
				one, ok = list[0].(map[string]any)
			}
			if ok {
				one["tookNs"] = 5
			}
		},
		"a null or a text for what is there": func(doc map[string]any) {
			switch data := doc["data"].(type) {
			case map[string]any:
				data["go"] = nil
			case []any:
				doc["count"] = "2"
			}
		},
	}
	for _, args := range []string{"version --output json", "config show --output json", "check --settings --output json"} {
		got := command(t, complete, nil, strings.Fields(args)...).ends(exitCompleted)
		for name, change := range changes {
			var doc map[string]any
			if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
				t.Fatal(err)
			}
			change(doc)
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			if checkedDocuments.CheckDocuments(string(text)) == nil {
				t.Errorf("%s with %s passes", args, name)
			}
		}
		if err := checkedDocuments.CheckDocuments(got.out + "{"); err == nil {
			t.Errorf("%s that was cut off passes", args)
		}
	}
}
