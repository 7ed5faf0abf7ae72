package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
)

// What the pages tell an operator to type has to exist: commands with their
// flags, make's targets, settings, and files. Names that are other programs' are
// in the lists here.

// handbook is one of the pages, with what stands in it as code.
type handbook struct {
	path string // from the repository's root
	text string
	code []codeText
}

// codeText is a code span, or a line of a code block.
type codeText struct {
	line int
	text string
}

func (p handbook) fail(t *testing.T, line int, format string, args ...any) {
	t.Helper()
	t.Errorf("%s:%d: %s", p.path, line, fmt.Sprintf(format, args...))
}

const root = ".."

// listPages are all pages that people read, by way of the repository's README.
func listPages(t *testing.T) []handbook {
	t.Helper()
	var out []handbook
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		if d.IsDir() && (slices.Contains([]string{"bin", "var", "testdata", "node_modules"}, name) || strings.HasPrefix(name, ".git")) {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(name) != ".md" || name == "CHANGELOG.md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		out = append(out, handbook{path: filepath.ToSlash(rel), text: string(text), code: listCode(string(text))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var span = regexp.MustCompile("`([^`\n]+)`")

// listCode finds code spans, and the lines of blocks that are fenced or indented by four
// blanks. A line that ends in a backslash goes on.
func listCode(text string) (out []codeText) {
	fenced, going := false, false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			for _, m := range span.FindAllStringSubmatch(line, -1) {
				out = append(out, codeText{i + 1, m[1]})
			}
			continue
		}
		piece := strings.TrimSuffix(trimmed, "\\")
		if going {
			out[len(out)-1].text += " " + piece
		} else {
			out = append(out, codeText{i + 1, piece})
		}
		going = strings.HasSuffix(trimmed, "\\")
	}
	return out
}

// inShell cuts a line of shell into commands.
var inShell = regexp.MustCompile(`\s*(?:&&|\|\||[;|]|\s#)\s*|[<>]\(`)

// ourProgram finds the operator's program at the beginning of a command, or behind what
// runs it elsewhere.
var ourProgram = regexp.MustCompile(`^(?:\$ |- )?(?:[A-Z_]+=\S+ )*(?:(?:kubectl|docker|sudo|systemd-run|ip netns|source|\.)\b.*?[ /])?(?:bin/|/usr/bin/|\./)?defendersync(?:-for \S+)? (.+)$`)

// notACommand are lines that name the program in another sense: its file, and things that
// others make under its name.
var notACommand = regexp.MustCompile(`#.*defendersync and|create (?:secret|namespace)|^(?:docker|kubectl|helm) (?:build|tag|push|create|install|upgrade)\b`)

// TestThePagesNameCommandsAndFlagsThatExist parses each command line of the program
// against the program's own commands.
func TestThePagesNameCommandsAndFlagsThatExist(t *testing.T) {
	app := newApp(streams{})
	n := 0
	for _, p := range listPages(t) {
		for _, c := range p.code {
			if notACommand.MatchString(c.text) {
				continue
			}
			for _, piece := range inShell.Split(c.text, -1) {
				words := commandWords(app, strings.TrimSpace(piece))
				if words == nil {
					continue
				}
				n++
				if err := checkCommandLine(app.Commands, words); err != nil {
					p.fail(t, c.line, "%q: %v", piece, err)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d command lines were found", n)
	}
}

// commandWords are the words of a command line behind the program's name; nil if it is
// none of the program's. Pages leave the name out where the subcommand tells enough:
// `schedule apply`.
func commandWords(app *cli.App, text string) []string {
	if m := ourProgram.FindStringSubmatch(text); m != nil {
		return strings.Fields(m[1])
	}
	words := strings.Fields(text)
	if len(words) < 2 {
		return nil
	}
	cmd := findCommand(app.Commands, words[0])
	if cmd == nil {
		return nil
	}
	// More than two words without a command or a flag among them are a message.
	pair := len(cmd.Subcommands) > 0 && len(words) == 2 && wordPattern.MatchString(words[1])
	if pair || strings.HasPrefix(words[1], "--") || findCommand(cmd.Subcommands, words[1]) != nil {
		return words
	}
	return nil
}

func findCommand(list []*cli.Command, name string) *cli.Command {
	for _, cmd := range list {
		if cmd.HasName(name) {
			return cmd
		}
	}
	return nil
}

// wordPattern is what a subcommand looks like; anything else is an argument.
var wordPattern = regexp.MustCompile(`^[a-z][a-z-]*$`)

// checkCommandLine walks down the commands, and checks the flags of the one that is
// named.
func checkCommandLine(list []*cli.Command, words []string) error {
	var cmd *cli.Command
	for len(words) > 0 && wordPattern.MatchString(words[0]) {
		next := findCommand(list, words[0])
		if next == nil && len(list) > 0 {
			return fmt.Errorf("there is no command %s", words[0])
		}
		if next == nil {
			break
		}
		cmd, list, words = next, next.Subcommands, words[1:]
	}
	for _, word := range words {
		name, isFlag := strings.CutPrefix(word, "--")
		if name, _, _ = strings.Cut(name, "="); !isFlag || name == "" || name == "help" {
			continue
		}
		name = strings.Trim(name, "[]`'\",.…")
		if name == envFileFlag {
			continue
		}
		if cmd == nil || !slices.ContainsFunc(cmd.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }) {
			return fmt.Errorf("there is no flag --%s", name)
		}
	}
	return nil
}

// TestThePagesNameTargetsOfMakeThatExist looks for `make something`.
func TestThePagesNameTargetsOfMakeThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	makeLine := regexp.MustCompile(`^(?:\$ |[A-Z_]+=\S+ )*make (?:-C \S+ )?([a-z][a-z-]*)`)
	n := 0
	for _, p := range listPages(t) {
		for _, c := range p.code {
			m := makeLine.FindStringSubmatch(c.text)
			if m == nil {
				continue
			}
			n++
			if !regexp.MustCompile(`(?m)^(?:[a-z-]+ )*` + regexp.QuoteMeta(m[1]) + `(?: [a-z -]+)?:`).Match(text) {
				p.fail(t, c.line, "make has no target %s", m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d targets were found", n)
	}
}

var (
	settingPattern = regexp.MustCompile(`\b(?:DEFENDER|OOMNITZA|INTEGRATION|SMTP|NOTIFY|REPORTS|PAYLOAD|LOG|METRICS|HEALTH|WORKER|TEMPORAL)_[A-Z][A-Z0-9_]*(?:\*|\b)`)
	// otherSettings are not the product's: of other programs, and of tests.
	otherSettings = regexp.MustCompile(`^(?:TEMPORAL_(?:CLI|CORS|AUTH|CSRF)_|DEFENDERSYNC_)`)
)

// TestThePagesNameSettingsThatExist: a setting is one of internal/config, stands in
// .env.example among those of `make run`, or is a variable of the Compose file.
func TestThePagesNameSettingsThatExist(t *testing.T) {
	example, err := os.ReadFile(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, v := range config.ListVariables() {
		known[v.Name] = true
		if v.Secret {
			known[v.FileVariable()] = true
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]*)=`).FindAllStringSubmatch(string(example), -1) {
		known[m[1]] = true
	}
	compose, err := os.ReadFile(filepath.Join(root, "deployments/compose/compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)`).FindAllStringSubmatch(string(compose), -1) {
		known[m[1]] = true
	}
	n := 0
	for _, p := range listPages(t) {
		for i, line := range strings.Split(p.text, "\n") {
			for _, name := range settingPattern.FindAllString(line, -1) {
				n++
				if !isKnownSetting(known, name) && !strings.Contains(line, name+": there is no such setting") && !otherSettings.MatchString(name) {
					p.fail(t, i+1, "there is no setting %s", name)
				}
			}
		}
	}
	if n < 150 {
		t.Errorf("only %d settings were found", n)
	}
}

// isKnownSetting reports whether there is a setting, or one that begins so: TEMPORAL_TLS_*.
func isKnownSetting(known map[string]bool, name string) bool {
	begin, many := strings.CutSuffix(name, "*")
	if !many {
		return known[name]
	}
	for k := range known {
		if strings.HasPrefix(k, begin) {
			return true
		}
	}
	return false
}

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// treePath is a path of the repository as it is written in code.
	treePath = regexp.MustCompile(`^(?:activities|deployments|docs|internal|starter|worker|workflows|\.ci)/[\w./-]*\w$`)
)

// TestThePagesNameFilesAndSectionsThatExist follows the links within the repository, and
// looks for the paths that are written as code.
func TestThePagesNameFilesAndSectionsThatExist(t *testing.T) {
	n := 0
	for _, p := range listPages(t) {
		for i, line := range strings.Split(p.text, "\n") {
			for _, m := range link.FindAllStringSubmatch(span.ReplaceAllString(line, ""), -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				n++
				checkLink(t, p, i+1, m[1])
			}
		}
		for _, c := range p.code {
			if path := strings.TrimSuffix(c.text, "/"); treePath.MatchString(path) {
				n++
				if _, err := os.Stat(filepath.Join(root, path)); err != nil {
					p.fail(t, c.line, "there is no %s", path)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d files were found", n)
	}
}

// checkLink follows one link of a page.
func checkLink(t *testing.T, p handbook, line int, target string) {
	t.Helper()
	path, section, hasSection := strings.Cut(target, "#")
	file := filepath.Join(root, filepath.Dir(p.path), path)
	if path == "" {
		file = filepath.Join(root, p.path)
	}
	info, err := os.Stat(file)
	if err != nil {
		p.fail(t, line, "%s leads nowhere", target)
		return
	}
	if !hasSection || info.IsDir() || filepath.Ext(file) != ".md" {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(listSections(string(text)), section) {
		p.fail(t, line, "%s has no section %s", file, section)
	}
}

// listSections are the names by which GitHub lets sections be linked.
func listSections(text string) (out []string) {
	for _, line := range strings.Split(text, "\n") {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(strings.TrimSpace(heading)))
		out = append(out, name)
	}
	return out
}

// TestWhatDoesNotExistIsFound: these tests can fail.
func TestWhatDoesNotExistIsFound(t *testing.T) {
	app := newApp(streams{})
	for line, wrong := range map[string]bool{
		"defendersync schedule aply":                     true,
		"defendersync run --fulll":                       true,
		"schedule apply --corn x":                        true,
		"bin/defendersync schedule apply --cron '0 3 *'": false,
		"kubectl -n saas exec deploy/x -- /usr/bin/defendersync sessions list --since 7d": false,
		"schedule aply": true,
		"LOG_LEVEL=debug defendersync sessions shwo": true,
	} {
		words := commandWords(app, line)
		if words == nil {
			t.Errorf("%s is not taken for a command", line)
		} else if err := checkCommandLine(app.Commands, words); (err != nil) != wrong {
			t.Errorf("%s: %v", line, err)
		}
	}
	if isKnownSetting(map[string]bool{"SMTP_HOST": true}, "SMTP_HOTS") || !isKnownSetting(map[string]bool{"SMTP_HOST": true}, "SMTP_*") {
		t.Error("settings are not told apart")
	}
}
