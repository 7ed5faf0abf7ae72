package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/config"
)

var (
	root  = filepath.Join("..", "..", "..")
	units = filepath.Join(root, "deployments", "systemd")
)

// services are the units that run one of the programs.
var services = []string{"defendersync-worker@.service", "defendersync-watch@.service"}

// mostExposed is the greatest exposure that systemd may find in a service, in
// tenths: from 0, nothing, to 100, all of the machine.
const mostExposed = "15"

// bareTargets are units of systemd itself that ours refer to.
var bareTargets = []string{"basic", "multi-user", "network-online", "shutdown", "sysinit", "time-set", "time-sync", "timers"}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// findAnalyze skips a test where systemd's own checks aren't there.
func findAnalyze(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
}

// installUnits lays the units out as they are installed, with programs that are
// none, and returns the folder and the units' names.
func installUnits(t *testing.T) (folder string, names []string) {
	t.Helper()
	folder = t.TempDir()
	for _, program := range []string{"defendersync", "defendersync-worker"} {
		writeFile(t, filepath.Join(folder, "usr/bin", program), "#!/bin/sh\n", 0o755)
	}
	system := filepath.Join(folder, "usr/lib/systemd/system")
	for _, name := range bareTargets {
		writeFile(t, filepath.Join(system, name+".target"), "[Unit]\nDescription="+name+"\n", 0o644)
	}
	entries, err := filepath.Glob(filepath.Join(units, "*@*"))
	if err != nil || len(entries) != 3 {
		t.Fatalf("units: %v, %v", entries, err)
	}
	for _, path := range entries {
		writeFile(t, filepath.Join(system, filepath.Base(path)), readFile(t, path), 0o644)
		names = append(names, strings.Replace(filepath.Base(path), "@", "@contoso", 1))
	}
	return folder, names
}

func TestSystemdFindsNothingWrongWithTheUnits(t *testing.T) {
	findAnalyze(t)
	folder, names := installUnits(t)
	verify := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", "--man=no", "--root=" + folder}, names...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	path := filepath.Join(folder, "usr/lib/systemd/system", services[0])
	writeFile(t, path, strings.Replace(readFile(t, path), "WatchdogSec=", "WatchdogSeconds=", 1), 0o644)
	if out, _ := verify(); !strings.Contains(out, "WatchdogSeconds") {
		t.Errorf("what is wrong is not found: %s", out)
	}
}

func TestServicesAreExposedNoMoreThanTheyNeed(t *testing.T) {
	findAnalyze(t)
	for _, name := range services {
		args := []string{"security", "--no-pager", "--offline=true", "--threshold=" + mostExposed, filepath.Join(units, name)}
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		t.Log(lines[len(lines)-1])
	}
}

// listSecrets lists the names of all secret settings.
func listSecrets() (names []string) {
	for _, v := range config.ListVariables() {
		if v.Secret {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestEverySecretCanBeACredential(t *testing.T) {
	want := listSecrets()
	for _, name := range services {
		text := readFile(t, filepath.Join(units, name))
		for _, form := range []string{`LoadCredential=(\w+):defendersync\.%i\.(\w+)`, `LoadCredentialEncrypted=(defendersync-encrypted\.%i\.(\w+))`} {
			var got []string
			for _, m := range regexp.MustCompile(`(?m)^`+form+`$`).FindAllStringSubmatch(text, -1) {
				if !strings.HasSuffix(m[1], m[2]) {
					t.Errorf("%s: %s is read from %s", name, m[1], m[2])
				}
				got = append(got, m[2])
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%s: %s of %q, the secrets are %q", name, form, got, want)
			}
		}
	}
	script := readFile(t, filepath.Join(units, "defendersync-for"))
	_, list, _ := strings.Cut(script, "\nfor name in ")
	list, _, _ = strings.Cut(list, ";")
	got := strings.Fields(strings.ReplaceAll(list, "\\", ""))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("defendersync-for reads %q, the secrets are %q", got, want)
	}
}

func TestUnitsSetKnownSettingsAndAgreeWithEachOther(t *testing.T) {
	known := map[string]bool{}
	for _, v := range config.ListVariables() {
		known[v.Name] = true
	}
	sandbox := map[string]string{}
	for _, name := range services {
		text := readFile(t, filepath.Join(units, name))
		for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=`).FindAllStringSubmatch(text, -1) {
			if !known[m[1]] && m[1] != "GOTRACEBACK" {
				t.Errorf("%s sets %s, which is no setting", name, m[1])
			}
		}
		_, sandbox[name], _ = strings.Cut(text, "\nDynamicUser=")
		sandbox[name], _, _ = strings.Cut(sandbox[name], "\n[Install]")
	}
	if a, b := strings.TrimSpace(sandbox[services[0]]), strings.TrimSpace(sandbox[services[1]]); a != b || a == "" {
		t.Errorf("the services are shut in differently:\n%s\n\n%s", a, b)
	}
}
