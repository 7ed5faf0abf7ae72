package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exampleFile documents every setting for the operator.
const exampleFile = "../../.env.example"

// localRunOnly are the variables of .env that `make run` keeps to itself, with
// their defaults; the module of the local run is one that this one can't import.
var localRunOnly = map[string]string{
	"TEMPORAL_PORT": "7233", "UI_PORT": "8233",
	"TENANT_DEFENDER_PORT": "7311", "TENANT_OOMNITZA_PORT": "7312", "TENANT_CONTROL_PORT": "7313",
	"MAIL_SMTP_PORT": "7325", "MAIL_UI_PORT": "8325",
	"DATA_DIR": "var", "FIRST_SESSION": "ask", "TENANT_APPS": "250", "TENANT_PEOPLE": "800", "TENANT_PAIRS": "9000", "TENANT_SEED": "1",
}

// required have to be filled in, so the example has them without a #.
var required = []string{"DEFENDER_API_URL", "DEFENDER_API_KEY", "OOMNITZA_URL", "OOMNITZA_API_TOKEN", "INTEGRATION_DEFAULT_ROLE"}

// assignment is a setting of the example, commented out or not.
var assignment = regexp.MustCompile(`^(#?)([A-Z][A-Z0-9_]*)=(.*)$`)

// readExample reads the settings of the example: the value of each, and the
// names of those that are not commented out.
func readExample(t *testing.T) (values map[string]string, active []string) {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			if line != "" && !strings.HasPrefix(line, "# ") && line != "#" {
				t.Errorf("neither a setting nor a comment: %q", line)
			}
			continue
		}
		name := m[2]
		if _, twice := values[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		values[name] = strings.Trim(m[3], `"`)
		if m[1] == "" {
			active = append(active, name)
		}
	}
	return values, active
}

func TestTheExampleHasEverySettingWithItsDefault(t *testing.T) {
	values, _ := readExample(t)
	for _, v := range ListVariables() {
		got, ok := values[v.Name]
		if !ok {
			t.Errorf("%s is missing: %s", v.Name, v.Help)
		} else if got != v.Default {
			t.Errorf("%s has %q, the default is %q", v.Name, got, v.Default)
		}
	}
	for name, want := range localRunOnly {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s has %q (there: %v), the default of make run is %q", name, got, ok, want)
		}
	}
}

func TestTheExampleHasNoUnknownSetting(t *testing.T) {
	values, _ := readExample(t)
	known := map[string]bool{}
	for _, v := range ListVariables() {
		known[v.Name] = true
		known[v.FileVariable()] = true
	}
	for name := range values {
		if _, local := localRunOnly[name]; !known[name] && !local {
			t.Errorf("there is no setting %s", name)
		}
	}
}

func TestOnlyRequiredSettingsAreActiveInTheExampleAndTheyComeFirst(t *testing.T) {
	_, active := readExample(t)
	if !slices.Equal(active, required) {
		t.Errorf("active are %v, required are %v", active, required)
	}
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	last := strings.Index(string(text), "\n"+required[len(required)-1]+"=")
	if optional := regexp.MustCompile(`(?m)^#[A-Z]`).FindStringIndex(string(text)); optional == nil || optional[0] < last {
		t.Errorf("an optional setting stands before the required ones")
	}
}

func TestAnUneditedExampleSaysWhatIsMissing(t *testing.T) {
	var environ []string
	values, active := readExample(t)
	for _, name := range active {
		environ = append(environ, name+"="+values[name])
	}
	_, err := Load(t.Context(), environ, NeedIntegration|NeedTenants)
	if err == nil {
		t.Fatal("no problem was found")
	}
	for _, name := range required {
		if !strings.Contains(err.Error(), name+": ") {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}
