package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..", "..")

// versionSection is the heading of a version in CHANGELOG.md, and its commit.
var versionSection = regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}\n\nCommit ([0-9a-f]{40})\n`)

func TestTheChangelogNamesTheCommitOfEveryVersion(t *testing.T) {
	text := read(t, "CHANGELOG.md")
	versions := versionSection.FindAllStringSubmatch(text, -1)
	if n := strings.Count(text, "\n## [") - 1; len(versions) != n || n == 0 {
		t.Errorf("%d sections beside Unreleased, %d of which are of the form\n## [1.2.3] - 2026-11-27\n\nCommit <40 digits>", n, len(versions))
	}
	for _, v := range versions {
		// A shallow clone has no older commits.
		kind, err := exec.Command("git", "-C", root, "cat-file", "-t", v[2]).Output()
		if err == nil && strings.TrimSpace(string(kind)) != "commit" {
			t.Errorf("version %s: %s is no commit", v[1], v[2])
		}
	}
}

func TestVersionIsTheLatestOfTheChangelog(t *testing.T) {
	latest := versionSection.FindStringSubmatch(read(t, "CHANGELOG.md"))
	if latest == nil {
		t.Fatal("no version in CHANGELOG.md")
	}
	if got := strings.TrimSpace(read(t, "VERSION")); got != latest[1] {
		t.Errorf("VERSION is %s, the latest in CHANGELOG.md %s", got, latest[1])
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
