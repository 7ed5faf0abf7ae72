package moment

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// formatting finds where a time is made text without this package. RFC 3339 is for
// programs.
var formatting = regexp.MustCompile(`\.Format\(([^)]*)\)|" UTC"|15:04[^"]*(UTC|MST)"`)

// forPrograms are the layouts that no operator reads.
var forPrograms = regexp.MustCompile(`^\.Format\((time\.RFC3339|time\.RFC3339Nano)\)$`)

// elsewhere are the files with layouts of their own, and why.
var elsewhere = map[string]string{
	"internal/reporting/query/import.go":      "dates in the form that Oomnitza's import asks for",
	"internal/reporting/query/apps_read.go":   "a day without a time",
	"starter/schedule_until.go":               "compares what was typed with what was read of it",
	"starter/schedule_expected.go":            "a day without a time",
	"internal/reporting/page/apps.go":         "months",
	"internal/reporting/page/text.go":         "days, and ticks of charts whose labels have the whole time",
	"internal/reporting/mailing/dashboard.go": "a day without a time",
}

// TestNothingElseFormatsTimesForOperators keeps times without a zone, or in another one,
// from coming back.
func TestNothingElseFormatsTimesForOperators(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	for _, folder := range []string{"starter", "workflows", "activities", "internal/notify", "internal/watch", "internal/reporting", "internal/sessions", "internal/preflight"} {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			seen++
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			for _, found := range findFormatting(string(text)) {
				if elsewhere[name] == "" {
					t.Errorf("%s formats a time by %s: use package moment", name, found)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 150 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// findFormatting lists where a text formats a time for people.
func findFormatting(text string) (found []string) {
	text = strings.ReplaceAll(text, "moment.Format", "")
	for _, match := range formatting.FindAllString(text, -1) {
		if !forPrograms.MatchString(match) {
			found = append(found, match)
		}
	}
	return found
}

func TestFormattingIsFound(t *testing.T) {
	for text, want := range map[string]int{
		`t.UTC().Format("2006-01-02 15:04 UTC")`: 1, `t.In(zone).Format(layout)`: 1, `s + " UTC"`: 1, `const layout = "2006-01-02 15:04 MST"`: 1,
		`t.UTC().Format(time.RFC3339)`: 0, `n.At.Format(time.RFC3339Nano)`: 0, `moment.Format(t, zone)`: 0, `f.Format == "x"`: 0,
	} {
		if got := findFormatting(text); len(got) != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
