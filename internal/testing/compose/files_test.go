package compose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/config"
)

// read reads a file of deployments.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deployments, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheImagesAreThoseOfThisVersion(t *testing.T) {
	version := strings.TrimSpace(read(t, "../VERSION"))
	modules := read(t, "local/go.mod")
	files := read(t, "compose/compose.yaml") + read(t, "compose/compose.simulated.yaml")
	wanted := map[string]string{"defendersync": version, "defendersync-simulated": version}
	for image, module := range map[string]string{"temporalio/server": "go.temporal.io/server v", "temporalio/ui": "github.com/temporalio/ui-server/v2 v"} {
		found := regexp.MustCompile(regexp.QuoteMeta(module) + `(\S+)`).FindStringSubmatch(modules)
		if found == nil {
			t.Fatalf("deployments/local/go.mod has no %s", module)
		}
		wanted[image] = found[1]
	}
	wanted["temporalio/admin-tools"] = wanted["temporalio/server"]
	for image, tag := range wanted {
		if !strings.Contains(files, ":-"+image+":"+tag+"}") {
			t.Errorf("the files do not name %s:%s, of this version", image, tag)
		}
	}
	for _, s := range standIns("") {
		if !strings.Contains(files, s.variable+":-"+s.public+"}") {
			t.Errorf("a stand-in is for %s, which the files do not name", s.public)
		}
	}
}

// variables finds Compose's variables.
var variables = regexp.MustCompile(`\$\{([A-Z_]+):-`)

func TestTheExamplesNameSettingsThatThereAre(t *testing.T) {
	known := []string{"COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "COMPOSE_PROFILES"}
	for _, m := range variables.FindAllStringSubmatch(read(t, "compose/compose.yaml")+read(t, "compose/compose.simulated.yaml"), -1) {
		known = append(known, m[1])
	}
	for _, v := range config.ListVariables() {
		known = append(known, v.Name, v.FileVariable())
	}
	for _, file := range []string{"example.env", "simulated.env"} {
		named := regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(read(t, "compose/"+file), -1)
		if len(named) < 5 {
			t.Errorf("%s names %d settings", file, len(named))
		}
		for _, m := range named {
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s names %s, which is no setting", file, m[1])
			}
		}
	}
}

func TestPrepareMakesWhatIsMissingAndLeavesTheRestAlone(t *testing.T) {
	for _, kind := range [][]string{nil, {"simulated"}} {
		folder := filepath.Join(t.TempDir(), "compose")
		if err := copyTree(filepath.Join(deployments, "compose"), folder); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{".env", "secrets"} { // those of whoever runs the test
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := execute(folder, "./prepare", kind...); err != nil {
			t.Fatal(out, err)
		}
		before := snapshot(t, folder)
		if len(before["secrets/postgres_password"]) != 48 || before[".env"] == "" {
			t.Errorf("it makes %v", before)
		}
		for _, name := range regexp.MustCompile(`file: (secrets/\w+)`).FindAllStringSubmatch(read(t, "compose/compose.yaml"), -1) {
			if _, there := before[name[1]]; !there {
				t.Errorf("%s is not made", name[1])
			}
		}
		if info, err := os.Stat(filepath.Join(folder, "secrets")); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("others on this machine reach the secrets: %v, %v", info, err)
		}
		if out, err := execute(folder, "./prepare", kind...); err != nil || out != "" {
			t.Errorf("the second time it says %q (%v)", out, err)
		}
		for name, content := range snapshot(t, folder) {
			if before[name] != content {
				t.Errorf("the second time it changes %s", name)
			}
		}
	}
	if _, err := execute(filepath.Join(deployments, "compose"), "./prepare", "nonsense"); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("a wrong word is answered with %v", err)
	}
}

// snapshot is the content of what prepare makes.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(folder, "secrets", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, filepath.Join(folder, ".env")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}
