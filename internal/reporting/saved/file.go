package saved

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"defendersync/internal/contract"
	"defendersync/internal/mailaddr"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/suggest"
)

// maxFile bounds the file, which is a page or two.
const maxFile = 1 << 20

// Problem is one mistake in the file.
type Problem struct{ Report, Key, What string }

func (p Problem) String() string {
	switch {
	case p.Report == "":
		return p.What
	case p.Key == "":
		return fmt.Sprintf("report %q: %s", p.Report, p.What)
	}
	return fmt.Sprintf("report %q, %s: %s", p.Report, p.Key, p.What)
}

// FileError is an invalid reports file, with everything that is wrong with it.
type FileError struct {
	Path     string
	Problems []Problem
}

func (e *FileError) Error() string {
	if len(e.Problems) == 1 {
		return e.Path + ": " + e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d mistakes:", e.Path, len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// LoadFile reads a file of reports, in the order in which it names them. An error
// of its content is a *FileError.
func LoadFile(path string) ([]contract.Report, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no reports file %s: set REPORTS_FILE, or begin with a copy of deployments/reports.example.toml", path)
	case err == nil && info.Size() > maxFile:
		return nil, fmt.Errorf("%s is not a reports file: it has more than %d bytes", path, maxFile)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the reports: %w", err)
	}
	reports, problems := ParseReports(string(content))
	if len(problems) > 0 {
		return nil, &FileError{path, problems}
	}
	return reports, nil
}

// ParseReports reads reports and finds all that is wrong with them.
func ParseReports(content string) ([]contract.Report, []Problem) {
	tables := map[string]any{}
	about, err := toml.Decode(strings.TrimLeft(content, "\ufeff"), &tables) // byte order marks
	if err != nil {
		return nil, []Problem{{What: explainSyntax(err)}}
	}
	var reports []contract.Report
	var problems []Problem
	for _, path := range about.Keys() {
		if len(path) != 1 {
			continue
		}
		name := path[0]
		table, ok := tables[name].(map[string]any)
		if !ok {
			problems = append(problems, Problem{What: fmt.Sprintf("%s is outside a report: begin each report with its name, such as [most-used-apps]", name)})
			continue
		}
		r, wrong := parseReport(name, table)
		reports, problems = append(reports, r), append(problems, wrong...)
	}
	return reports, problems
}

// explainSyntax is what is wrong with a file that isn't TOML, on one line.
func explainSyntax(err error) string {
	var wrong toml.ParseError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("line %d: %s", wrong.Position.Line, withoutValues(strings.TrimSuffix(wrong.Message, ".")))
	}
	return withoutValues(strings.TrimPrefix(err.Error(), "toml: "))
}

// quotedText matches what the parser quotes, singleChar what of that is a single
// character, which it names for itself.
var (
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)
	singleChar = regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)?"|'[^']?')$`)
)

// withoutValues removes from the parser's message what it repeats of a value, since
// REPORTS_FILE may name a file with secrets by mistake. Keys may stay.
func withoutValues(message string) string {
	if strings.HasPrefix(message, "Key '") {
		return message
	}
	return quotedText.ReplaceAllStringFunc(message, func(quoted string) string {
		if singleChar.MatchString(quoted) {
			return quoted
		}
		return "something else"
	})
}

// goodName is a name that can stand in an id and be a file's.
var goodName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`)

// parseReport reads one table.
func parseReport(name string, table map[string]any) (contract.Report, []Problem) {
	t := reader{name: name, table: table}
	if !goodName.MatchString(name) {
		t.addProblem("", "use up to 60 lower-case letters, digits and dashes as a name")
	}
	r := contract.Report{Name: name, Title: t.readText("title"), Columns: t.readList("columns"), Subscribers: mailaddr.RemoveDuplicates(t.readList("subscribers")),
		Schedule: t.readText("schedule"), Timezone: t.readText("timezone"), Question: t.readText("question")}
	r.Format = string(t.readFormat())
	filters := kindsOfQuestion(r.Question)
	if filters == nil {
		t.addProblem("question", quoteValue(r.Question)+"use "+questionNames)
		return r, t.problems
	}
	r.Filters = t.readFilters(filters)
	if len(t.problems) > 0 {
		return r, append(t.problems, checkTimes(r)...)
	}
	return r, checkReport(r)
}

// reader reads a table and notes what is wrong.
type reader struct {
	name     string
	table    map[string]any
	read     []string
	problems []Problem
}

func (t *reader) addProblem(key, what string) {
	t.problems = append(t.problems, Problem{t.name, key, what})
}

func (t *reader) takeValue(key string) (any, bool) {
	t.read = append(t.read, key)
	v, ok := t.table[key]
	return v, ok
}

func (t *reader) readText(key string) string {
	v, given := t.takeValue(key)
	s, ok := v.(string)
	if given && !ok {
		t.addProblem(key, "use "+text.String())
	}
	return strings.TrimSpace(s)
}

// readList reads a list of texts; one text is a list of one.
func (t *reader) readList(key string) []string {
	v, given := t.takeValue(key)
	list, ok := toTexts(v)
	if given && !ok {
		t.addProblem(key, `use a list such as ["one", "two"]`)
	}
	return list
}

func toTexts(v any) ([]string, bool) {
	if s, ok := v.(string); ok {
		return []string{s}, true
	}
	items, ok := v.([]any)
	var out []string
	for _, item := range items {
		s, isText := item.(string)
		ok = ok && isText
		out = append(out, strings.TrimSpace(s))
	}
	return out, ok
}

func (t *reader) readFormat() sheet.Format {
	given := t.readText("format")
	if given == "" {
		return sheet.Table
	}
	f, err := sheet.ParseFormat(given)
	if err != nil {
		t.addProblem("format", quoteValue(given)+"use "+sheet.Formats)
	}
	return f
}

// readFilters reads the question's own keys, and finds those that nobody reads.
func (t *reader) readFilters(known map[string]kind) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		v, given := t.takeValue(name)
		if !given {
			continue
		}
		value, ok := valueOf(v, known[name])
		if !ok {
			t.addProblem(name, "use "+known[name].String())
		}
		out[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(t.table)) {
		if slices.Contains(t.read, name) {
			continue
		}
		what := "unknown key"
		if near := suggest.FindNearest(name, slices.Values(t.read), 1); len(near) > 0 {
			what += "; did you mean " + near[0] + "?"
		} else {
			what += " for this question: use " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
		}
		t.addProblem(name, what)
	}
	return out
}

// valueOf is a value of a kind as text.
func valueOf(v any, k kind) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), k == whole || k == ids
	case bool:
		return strconv.FormatBool(v), k == flag
	}
	list, ok := toTexts(v)
	return strings.Join(list, ","), ok && (k == text || k == ids)
}

// checkAddress checks that a text is an email address and nothing more.
func checkAddress(s string) error {
	if a, err := mailaddr.ParseAddress(s); err != nil || a != s {
		return errors.New(quoteValue(s) + "not an email address")
	}
	return nil
}

func quoteValue(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q: ", s)
}
