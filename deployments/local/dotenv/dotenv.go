// Package dotenv reads files of settings, such as .env. It takes what a shell
// takes (export, comments, quotes over several lines), and besides values with
// blanks and backslashes without quotes, and a byte order mark.
//
// The local run is a module of its own that imports nothing of the other one, so
// this file stands in both: as internal/dotenv/dotenv.go and as
// deployments/local/dotenv/dotenv.go. A test holds them equal.
package dotenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSize bounds a file of settings, which is a page or two.
const maxSize = 1 << 20

// settingName is what a setting may be called.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Setting is a setting of a file. Its lines are counted from 1.
type Setting struct {
	Name, Value string
	Line        int // where it begins
	LastLine    int // where its value ends
}

// ReadFile reads the settings of a file, each of which stands there once. An
// error names the file and, for all that is wrong, the line and the setting,
// one a line; never anything of a value: the file holds every token.
func ReadFile(path string) ([]Setting, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder", path)
	case info.Size() > maxSize:
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxSize)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	settings, problems := Parse(content)
	if len(problems) > 0 {
		return nil, errors.New(path + ": " + strings.Join(problems, "\n"+path+": "))
	}
	return settings, nil
}

// Parse reads all settings of a file's content, and finds all that is wrong.
func Parse(content []byte) (settings []Setting, problems []string) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		return nil, []string{"it is UTF-16 text: save it as UTF-8"}
	case bytes.IndexByte(content, 0) >= 0, !utf8.Valid(content):
		return nil, []string{"it is not UTF-8 text"}
	}
	d := &reading{rest: UnifyLines(string(content)), line: 1, vars: map[string]string{}, lines: map[string]int{}}
	for d.rest != "" {
		d.readStatement()
	}
	return d.settings, d.problems
}

// UnifyLines ends each line of a text with a line feed alone, as Parse counts
// lines.
func UnifyLines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// QuoteValue writes a value so that both Parse and a shell read it as it is.
func QuoteValue(value string) string {
	if plainValue.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// plainValue needs no quotes.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)

// reading is the reading of a file.
type reading struct {
	rest     string
	line     int // of what is next
	vars     map[string]string
	lines    map[string]int // where each setting stands
	settings []Setting
	problems []string
}

// readStatement reads a setting, a comment or an empty line.
func (d *reading) readStatement() {
	at := d.line
	line, _, _ := strings.Cut(d.rest, "\n")
	plain := strings.TrimSpace(line)
	if plain == "" || plain[0] == '#' {
		d.skipLine()
		return
	}
	before, _, found := strings.Cut(line, "=")
	name := strings.TrimSpace(before)
	if exported, ok := strings.CutPrefix(name, "export"); ok && strings.TrimSpace(exported) != exported {
		name = strings.TrimSpace(exported)
	}
	if !found || !settingName.MatchString(name) {
		d.problems = append(d.problems, fmt.Sprintf("line %d is no setting: use NAME=value", at))
		d.skipLine()
		return
	}
	d.rest = strings.TrimLeft(d.rest[len(before)+1:], " \t")
	value, problem := d.readValue()
	if earlier, twice := d.lines[name]; twice && problem == "" {
		problem = fmt.Sprintf("it is there twice, on line %d too", earlier)
	}
	if problem != "" {
		d.problems = append(d.problems, fmt.Sprintf("line %d, %s: %s", at, name, problem))
	}
	d.vars[name], d.lines[name] = value, at
	if problem == "" {
		d.settings = append(d.settings, Setting{Name: name, Value: value, Line: at, LastLine: d.line})
	}
	d.skipLine()
}

// skipLine goes on to the next line.
func (d *reading) skipLine() {
	_, d.rest, _ = strings.Cut(d.rest, "\n")
	d.line++
}

// readValue reads what follows the equals sign, up to the end of its line.
func (d *reading) readValue() (value, problem string) {
	if !strings.HasPrefix(d.rest, "'") && !strings.HasPrefix(d.rest, `"`) {
		line, _, _ := strings.Cut(d.rest, "\n")
		if at := comment.FindStringIndex(line); at != nil {
			line = line[:at[0]]
		}
		return d.expandNames(strings.TrimSpace(line))
	}
	var all strings.Builder
	for {
		part, problem := d.readPart()
		if problem != "" {
			return "", problem
		}
		all.WriteString(part)
		line, _, _ := strings.Cut(d.rest, "\n")
		switch {
		case strings.TrimSpace(line) == "", comment.MatchString(line) && comment.FindStringIndex(line)[0] == 0:
			return all.String(), ""
		case line[0] == '\'' || line[0] == '"' || line[0] == '\\':
		default:
			return "", "the value goes on after its closing quote: put all of it between single quotes, '…'"
		}
	}
}

// comment is where a comment begins after a value.
var comment = regexp.MustCompile(`(?:^|[ \t]+)#`)

// readPart reads a quoted part of a value, or one character after a backslash.
func (d *reading) readPart() (text, problem string) {
	quote := d.rest[0]
	if quote == '\\' {
		_, size := utf8.DecodeRuneInString(d.rest[1:])
		text, d.rest = d.rest[1:1+size], d.rest[1+size:]
		return text, ""
	}
	for i := 1; i < len(d.rest); i++ {
		switch {
		case d.rest[i] == '\\' && quote == '"':
			i++
		case d.rest[i] == quote:
			text, d.rest = d.rest[1:i], d.rest[i+1:]
			d.line += strings.Count(text, "\n")
			if quote == '\'' {
				return text, ""
			}
			return d.expandNames(text, escapes...)
		}
	}
	// Nothing after it can be told from a value.
	d.rest = ""
	return "", "its quote is not closed"
}

// escapes are those between double quotes; a backslash before anything else is
// one.
var escapes = []string{`\\`, `\`, `\"`, `"`, `\$`, "$", "\\`", "`", `\n`, "\n", `\r`, "\r"}

// reference names a setting of the same file; only such in capitals.
var reference = regexp.MustCompile(`^(?:\$([A-Z_][A-Z0-9_]*)|\$\{([A-Z_][A-Z0-9_]*)\})`)

// expandNames puts in the settings that a text names, and resolves escapes.
func (d *reading) expandNames(text string, escapes ...string) (string, string) {
	var out strings.Builder
next:
	for text != "" {
		for i := 0; i < len(escapes); i += 2 {
			if rest, ok := strings.CutPrefix(text, escapes[i]); ok {
				out.WriteString(escapes[i+1])
				text = rest
				continue next
			}
		}
		if m := reference.FindStringSubmatch(text); m != nil {
			value, known := d.vars[m[1]+m[2]]
			if !known {
				return "", "what its $ names does not stand before it: put the value between single quotes, '…'"
			}
			out.WriteString(value)
			text = text[len(m[0]):]
			continue
		}
		out.WriteByte(text[0])
		text = text[1:]
	}
	return out.String(), ""
}
