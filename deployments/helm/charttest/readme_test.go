package charttest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const readme = chartDir + "/README.md"

// openEnded are values whose own keys are the operator's.
var openEnded = []string{
	"settings", "secrets.settings", "files", "worker.resources", "watch.resources", "setup.resources", "metrics.dashboard.labels",
}

// listValues lists the values of values.yaml by their paths.
func listValues(v values, prefix string) (paths []string) {
	for key, value := range v {
		path := prefix + key
		if inner, ok := value.(values); ok && len(inner) > 0 && !slices.Contains(openEnded, path) {
			paths = append(paths, listValues(inner, path+".")...)
			continue
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

func TestTheReadmeHasEveryValueAndNoOther(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| (`[^|]+`) \\|").FindAllStringSubmatch(string(text), -1) {
		for _, name := range strings.Split(m[1], ", ") {
			told = append(told, strings.Trim(name, "`"))
		}
	}
	slices.Sort(told)
	text, err = os.ReadFile(chartDir + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	there := listValues(readValues(string(text)), "")
	for _, path := range there {
		if !slices.Contains(told, path) {
			t.Errorf("%s is not in the table", path)
		}
	}
	for _, path := range told {
		if !slices.Contains(there, path) {
			t.Errorf("there is no value %s", path)
		}
	}
	if len(there) < 40 {
		t.Errorf("only %d values are found", len(there))
	}
}

func TestTheReadmesExamplesAreThere(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(examples)
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if !strings.Contains(string(text), "../examples/"+f.Name()) {
			t.Errorf("%s is not linked", f.Name())
		}
	}
	for _, m := range regexp.MustCompile(`\]\((\.\./[^)#]+)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(chartDir + "/" + m[1]); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
}
