package localrun

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheServerIsTheOperatorsThenTheCLIsThenOurOwn(t *testing.T) {
	given := settings{Address: "temporal.contoso.example:7233"}
	const path = "/usr/local/bin/temporal"
	own := func(note string) choice { return choice{Server: ServerOwn, Note: note} }
	cli := func(version string) choice { return choice{Server: ServerCLI, Path: path, Version: version} }
	for _, test := range []struct {
		name     string
		settings settings
		cli      foundCLI
		want     choice
	}{
		{"named", given, foundCLI{}, choice{Server: ServerGiven}},
		{"named, and a CLI", given, foundCLI{path, goodCLI}, choice{Server: ServerGiven}},
		{"no CLI", settings{}, foundCLI{}, own("the Temporal CLI (temporal) is not on the path; with it, no server needs to be built")},
		{"the least", settings{}, foundCLI{path, goodCLI}, cli("1.29.1")},
		{"a later one", settings{}, foundCLI{path, "temporal version 1.10.0 (Server 1.30.0, UI 2.58.1)"}, cli("1.30.0")},
		{"much later", settings{}, foundCLI{path, "temporal version 3.0.0 (Server 2.0.0, UI 3.0.0)"}, cli("2.0.0")},
		{"installed by Go", settings{}, foundCLI{path, "temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)"}, cli("1.29.1")},
		{"a server between releases", settings{}, foundCLI{path, "temporal version 1.8.2 (Server 1.32.0-162.0, UI 2.53.1, built here)"}, cli("1.32.0-162.0")},
		{"too old", settings{}, foundCLI{path, "temporal version 1.5.0 (Server 1.29.0, UI 2.42.0)"},
			own(path + " is not used: its Temporal server is 1.29.0, and 1.29.1 or later is needed")},
		{"far too old", settings{}, foundCLI{path, "temporal version 0.9.0 (Server 1.9.12, UI 2.0.0)"},
			own(path + " is not used: its Temporal server is 1.9.12, and 1.29.1 or later is needed")},
		{"the old tctl's name", settings{}, foundCLI{path, "temporal 0.1.0"},
			own(path + ` is not used: it does not say which Temporal server it has ("temporal 0.1.0")`)},
		{"broken", settings{}, foundCLI{path, "exit code 127: not found"},
			own(path + ` is not used: it does not say which Temporal server it has ("exit code 127: not found")`)},
	} {
		if got := chooseServer(test.settings, test.cli); got != test.want {
			t.Errorf("%s: got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

func TestARunSaysWhichServerItWouldHave(t *testing.T) {
	for _, test := range []struct{ setting, cli, want string }{
		{"TEMPORAL_ADDRESS=", "", "own the Temporal CLI (temporal) is not on the path; with it, no server needs to be built"},
		{"TEMPORAL_NAMESPACE=x", goodCLI, "cli "},
		{"TEMPORAL_ADDRESS=temporal.contoso.example:7233", goodCLI, "given "},
		{"FAKE_FAILS=temporal --version", goodCLI, `own PATH is not used: it does not say which Temporal server it has ("exit code 2: a reason to fail")`},
	} {
		s := newStage(t, test.setting)
		if test.cli != "" {
			s.installCLI(test.cli)
		}
		p := s.start("--which")
		p.expect(0, replacePath(test.want, s)+"\n")
		s.expectOrder("defendersync check --settings")
	}
}

func TestACLIThatIsTooOldLeavesTheRunToOurOwnServer(t *testing.T) {
	s := newStage(t)
	s.installCLI("temporal version 1.3.0 (Server 1.27.1, UI 2.36.0)")
	s.start("--once").expect(0, "Server     defendersync-local")
	s.expectOrder("temporal --version", "defendersync-local server", "defendersync run --follow")
}

func TestAServerThatIsNotBuiltIsNamed(t *testing.T) {
	s := newStage(t)
	if err := os.Remove(filepath.Join(s.folder, "defendersync-local")); err != nil {
		t.Fatal(err)
	}
	s.start().expect(2, "the Temporal server is not built: use make run", "is not on the path")
}

func TestWhatIsWrongIsToldBeforeAServerIsBuilt(t *testing.T) {
	s := newStage(t, fakeFails+"=defendersync check", "TENANT_APPS=none")
	s.env = append(s.env, fmt.Sprintf("%s=%d", EnvUIPort, takePort(t)))
	s.start("--which").expect(2, "a reason to fail", `TENANT_APPS is "none"`, "set UI_PORT=")
	s.expectOnlyChecked()
}

func replacePath(text string, s *stage) string {
	return strings.ReplaceAll(text, "PATH", filepath.Join(s.path(), cliName))
}
