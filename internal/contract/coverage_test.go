package contract_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
	"defendersync/internal/contract"
	"defendersync/workflows"
)

// notJSON are types of the package that are held otherwise.
var notJSON = []string{
	"PauseNote", // a schedule's note, as text
	"Position",  // kept as the fields of Progress and NoticeProgress
}

// TestEveryTypeIsListed compares the list with the source.
func TestEveryTypeIsListed(t *testing.T) {
	listed := make(map[string]bool)
	for _, typ := range structs() {
		listed[typ.Name()] = true
	}
	for _, name := range declaredStructs(t) {
		if !listed[name] && ast.IsExported(name) && !slices.Contains(notJSON, name) {
			t.Errorf("add contract.%s{} to structs(), and run go test ./internal/contract -update", name)
		}
	}
}

// declaredStructs are the names of the package's struct types.
func declaredStructs(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range parseFiles(t) {
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if typ, ok := s.(*ast.TypeSpec); ok {
						if _, ok := typ.Type.(*ast.StructType); ok {
							names = append(names, typ.Name.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// parseFiles parses the package without its tests.
func parseFiles(t *testing.T) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// registry collects what is registered with a worker, by name. The methods that
// it does not have are not called by Register.
type registry struct {
	worker.WorkflowRegistry
	worker.ActivityRegistry
	workflows, activities map[string]reflect.Type
}

func (r registry) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	r.workflows[o.Name] = reflect.TypeOf(w)
}

func (r registry) RegisterActivityWithOptions(a any, o activity.RegisterOptions) {
	r.activities[o.Name] = reflect.TypeOf(a)
}

func registered() registry {
	r := registry{workflows: map[string]reflect.Type{}, activities: map[string]reflect.Type{}}
	workflows.Register(r)
	new(activities.Activities).Register(r)
	activities.Reports{}.Register(r)
	return r
}

// TestSignaturesUseTypesOfTheContract: what a workflow or an activity takes and
// returns is a struct of this package, named after it, or a string.
func TestSignaturesUseTypesOfTheContract(t *testing.T) {
	r := registered()
	if len(r.workflows) < 4 || len(r.activities) < 8 {
		t.Fatalf("%d workflows and %d activities are registered", len(r.workflows), len(r.activities))
	}
	for _, all := range []map[string]reflect.Type{r.workflows, r.activities} {
		for name, fn := range all {
			for i := range fn.NumIn() {
				if in := fn.In(i); !isContext(in) {
					checkSignature(t, name, in, name+"Params")
				}
			}
			for i := range fn.NumOut() {
				if out := fn.Out(i); out != reflect.TypeFor[error]() {
					checkSignature(t, name, out, name+"Result", ownNames[name])
				}
			}
		}
	}
}

// ownNames are results that have a life beyond their call, and so a name of
// their own: Sync keeps the Plan, whose first page of apps is an AppsPage; the
// watch judges the Observation.
var ownNames = map[string]string{
	contract.ActivityOpenSession: "Plan",
	contract.ActivityFetchApps:   "AppsPage",
	contract.ActivityObserve:     "Observation",
	contract.WorkflowSync:        "SessionResult",
	contract.WorkflowReport:      "SendReportResult",
}

func isContext(t reflect.Type) bool {
	return t == reflect.TypeFor[context.Context]() || t == reflect.TypeFor[workflow.Context]()
}

func checkSignature(t *testing.T, name string, typ reflect.Type, want ...string) {
	t.Helper()
	if typ.Kind() == reflect.String && typ.PkgPath() == "" {
		return
	}
	if !slices.Contains(structs(), typ) {
		t.Errorf("%s takes or returns %s, whose JSON is not pinned: move the type to internal/contract", name, typ)
	}
	if !slices.Contains(want, typ.Name()) {
		t.Errorf("%s takes or returns %s: name the type %s", name, typ, want[0])
	}
}

// TestEveryNameIsRegistered: the names of workflows and activities in the
// contract are those that workers serve.
func TestEveryNameIsRegistered(t *testing.T) {
	r := registered()
	declared := map[string][]string{}
	for name, value := range stringConstants(t) {
		for _, kind := range []string{"Workflow", "Activity"} {
			if strings.HasPrefix(name, kind) {
				declared[kind] = append(declared[kind], value)
			}
		}
	}
	for kind, have := range map[string]map[string]reflect.Type{"Workflow": r.workflows, "Activity": r.activities} {
		want := slices.Sorted(slices.Values(declared[kind]))
		if got := slices.Sorted(maps.Keys(have)); !slices.Equal(got, want) {
			t.Errorf("%s: workers serve %v, the contract has %v", kind, got, want)
		}
	}
}

// TestNothingElseIsReachable: what the pinned types are made of is the
// contract's, the domain's or the standard library's time.
func TestNothingElseIsReachable(t *testing.T) {
	ours := reflect.TypeFor[contract.Plan]().PkgPath()
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		if seen[typ] || typ == timeType {
			return
		}
		seen[typ] = true
		if p := typ.PkgPath(); p != "" && p != ours && p != strings.TrimSuffix(ours, "contract")+"saas" && typ != reflect.TypeFor[time.Duration]() {
			t.Errorf("%s is %s: histories hold types of contract and saas only", path, typ)
		}
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(typ.Elem(), path)
		case reflect.Map:
			walk(typ.Key(), path)
			walk(typ.Elem(), path)
		case reflect.Struct:
			for i := range typ.NumField() {
				if f := typ.Field(i); inJSON(f) {
					walk(f.Type, path+"."+f.Name)
				}
			}
		}
		if typ.Kind() == reflect.Struct && typ.PkgPath() == ours && !slices.Contains(structs(), typ) {
			t.Errorf("%s is %s, whose JSON is not pinned", path, typ)
		}
	}
	for _, typ := range structs() {
		walk(typ, typ.Name())
	}
}

// TestNamesArePinned compares constants and ids with testdata/names.txt. Of a
// constant's Go name, which may change, only the first word is there.
func TestNamesArePinned(t *testing.T) {
	var lines []string
	for name, value := range stringConstants(t) {
		if kind := firstWord.FindString(name); kind != "Note" && kind != "Reject" { // these are for people
			lines = append(lines, fmt.Sprintf("%s %q", kind, value))
		}
	}
	for _, id := range [][2]string{
		{"TaskQueue", contract.TaskQueue("acme")}, {"PlanQueue", contract.PlanQueue("acme", "4a")}, {"ScheduleID", contract.ScheduleID("acme")}, {"SessionID", contract.SessionID("acme")},
		{"SyncID", contract.SyncID("acme")}, {"WatchID", contract.WatchID("acme")},
		{"ReportPrefix", contract.ReportPrefix("acme")}, {"ReportID", contract.ReportID("acme", "top-apps")},
	} {
		lines = append(lines, fmt.Sprintf("%s of acme: %s", id[0], id[1]))
	}
	slices.Sort(lines)
	compareFile(t, filepath.Join("testdata", "names.txt"), []byte(strings.Join(lines, "\n")+"\n"))
}

var firstWord = regexp.MustCompile(`^[A-Z][a-z]*`)

// stringConstants are the package's exported constants that are texts.
func stringConstants(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, file := range parseFiles(t) {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING && name.IsExported() {
						out[name.Name] = strings.Trim(lit.Value, `"`)
					}
				}
			}
		}
	}
	return out
}
