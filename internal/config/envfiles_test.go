package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeEnvFile writes a file of settings.
func writeEnvFile(t *testing.T, name string, lines ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEnvironmentGoesBeforeFilesAndALaterFileBeforeAnEarlierOne(t *testing.T) {
	common := writeEnvFile(t, "common.env", "A=common", "B=common", "C=common", "D=common", "E=")
	own := writeEnvFile(t, "own.env", "# ours", "B=own", "C=own", "E=own", "F=")
	got, err := ReadEnvFiles([]string{"C=environment", "D=", "G=environment", "G=twice"}, []string{common, own})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.Environ)
	if want := []string{"A=common", "B=own", "C=environment", "D=common", "E=own", "G=twice"}; !slices.Equal(got.Environ, want) {
		t.Errorf("%q", got.Environ)
	}
	for name, want := range map[string]string{"A": common + ":1", "B": own + ":2", "C": "", "D": common + ":4", "E": own + ":4", "G": ""} {
		if got.Files[name] != want {
			t.Errorf("%s comes from %q, not %q", name, got.Files[name], want)
		}
	}
}

func TestASecretAndItsFileAreOneSetting(t *testing.T) {
	own := writeEnvFile(t, "own.env", "DEFENDER_API_KEY=own", "OOMNITZA_API_TOKEN_FILE=/own", "TEMPORAL_API_KEY=own")
	got, err := ReadEnvFiles([]string{"DEFENDER_API_KEY_FILE=/environment", "OOMNITZA_API_TOKEN=environment"}, []string{own})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"DEFENDER_API_KEY_FILE=/environment", "OOMNITZA_API_TOKEN=environment", "TEMPORAL_API_KEY=own"}; !slices.Equal(got.Environ, want) {
		t.Errorf("%q", got.Environ)
	}
	both := writeEnvFile(t, "both.env", "DEFENDER_API_KEY=b0th", "DEFENDER_API_KEY_FILE=/both")
	if got, err = ReadEnvFiles(nil, []string{both}); err != nil || len(got.Environ) != 2 {
		t.Errorf("a file that has both: %q, %v", got.Environ, err)
	}
	if _, err = Load(t.Context(), got.Environ, 0); err == nil || !strings.Contains(err.Error(), "not both") {
		t.Errorf("it is not refused: %v", err)
	}
}

func TestEveryProblemOfFilesIsToldAndNoValue(t *testing.T) {
	first := writeEnvFile(t, "first.env", "API_KEY='s3cret")
	second := writeEnvFile(t, "second.env", "A=b", "s3cret", "B=s3cret", "B=s3cret")
	missing := filepath.Join(t.TempDir(), "missing.env")
	_, err := ReadEnvFiles(nil, []string{first, second, missing})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	at := -1
	for _, want := range []string{first + ": line 1, API_KEY: ", second + ": line 2 is no setting", second + ": line 4, B: it is there twice", missing} {
		next := strings.Index(err.Error(), want)
		if next < at || next < 0 {
			t.Errorf("%q is not in its place:\n%v", want, err)
		}
		at = next
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a value shows: %v", err)
	}
}
