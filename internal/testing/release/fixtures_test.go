package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	code    = "workflows/session.go"
	test    = "workflows/session_test.go"
	fixture = "workflows/testdata/histories/full.json"
	another = "workflows/testdata/histories/long.json.gz"
)

// TestFixturesAreCheckedCommitByCommit: what a commit changes after a release,
// and whether .ci/fixtures lets it pass.
func TestFixturesAreCheckedCommitByCommit(t *testing.T) {
	for name, tt := range map[string]struct {
		commits [][]string // files that each changes
		open    []string   // files changed and not committed
		refused string     // part of the message; "": it passes
	}{
		"nothing since the release":                  {},
		"workflows alone":                            {commits: [][]string{{code}}},
		"a new fixture with the test that reads it":  {commits: [][]string{{another, test}}},
		"workflows, and a fixture in another commit": {commits: [][]string{{code}, {another}}},
		"workflows and a new fixture together":       {commits: [][]string{{another, code}}, refused: "adds " + another},
		"the same, followed by good ones":            {commits: [][]string{{another, code}, {code}}, refused: "adds " + another},
		"a fixture recorded again":                   {commits: [][]string{{fixture}}, refused: "changes or removes " + fixture},
		"not committed yet":                          {open: []string{another, code}, refused: "the working tree"},
		"only the fixture not committed yet":         {commits: [][]string{{code}}, open: []string{another}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			for _, files := range tt.commits {
				r.change(files...)
				r.commit()
			}
			r.change(tt.open...)
			out, passed := r.check()
			if passed != (tt.refused == "") || !strings.Contains(out, tt.refused) {
				t.Errorf("passed: %v\n%s", passed, out)
			}
		})
	}
}

func TestWithoutTheHistoryFixturesAreNotChecked(t *testing.T) {
	r := newRepository(t)
	r.change(another, code)
	r.commit()
	shallow := &repository{t: t, dir: filepath.Join(t.TempDir(), "shallow")}
	r.git("clone", "--quiet", "--depth", "1", "file://"+r.dir, shallow.dir)
	if out, passed := shallow.check(); !passed || !strings.Contains(out, "not checked") {
		t.Errorf("a shallow clone: %v, %s", passed, out)
	}
	if err := os.RemoveAll(filepath.Join(r.dir, ".git")); err != nil {
		t.Fatal(err)
	}
	if out, passed := r.check(); !passed || !strings.Contains(out, "not checked") {
		t.Errorf("no repository: %v, %s", passed, out)
	}
}

// repository is a git repository in a folder of its own.
type repository struct {
	t   *testing.T
	dir string
}

// newRepository makes one with a fixture and workflows, and releases them.
func newRepository(t *testing.T) *repository {
	t.Helper()
	for _, program := range []string{"git", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	r := &repository{t: t, dir: t.TempDir()}
	r.git("init", "--quiet")
	r.change(code, fixture)
	r.commit()
	released := strings.TrimSpace(r.git("rev-parse", "HEAD"))
	r.write("CHANGELOG.md", "## [0.1.0] - 2026-11-27\n\nCommit "+released+"\n")
	r.commit()
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.dir, "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Env = r.environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// environment keeps git to the repository and away from the settings of whoever
// runs the test.
func (r *repository) environment() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES="+filepath.Dir(r.dir))
}

// change appends a line to files.
func (r *repository) change(files ...string) {
	r.t.Helper()
	for _, name := range files {
		before, _ := os.ReadFile(filepath.Join(r.dir, name)) // it may be new
		r.write(name, string(before)+"x\n")
	}
}

func (r *repository) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit() {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "--quiet", "-m", "x")
}

// check runs .ci/fixtures on the repository.
func (r *repository) check() (out string, passed bool) {
	r.t.Helper()
	script, err := filepath.Abs(filepath.Join(root, ".ci", "fixtures"))
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), script, r.dir)
	cmd.Env = r.environment()
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}
