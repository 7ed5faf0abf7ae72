package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"defendersync/internal/dotenv"
)

// initHead begins a file that init makes.
const initHead = "# Settings of defendersync, made by 'defendersync init'. .env.example has all there are.\n"

// readSettingsFile reads a file that may be absent.
func readSettingsFile(path string) (settings []dotenv.Setting, there bool, err error) {
	settings, err = dotenv.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return settings, true, err
}

// setting is a setting to be written; an empty value takes it out.
type setting struct{ name, value string }

// changeSettings returns a file's text with settings changed. A setting that is
// there, or that stands there commented out, keeps its place; all other lines stay
// as they are.
func changeSettings(text string, changes []setting) (string, error) {
	text = dotenv.UnifyLines(text)
	there, problems := dotenv.Parse([]byte(text))
	if len(problems) > 0 {
		return "", errors.New(strings.Join(problems, "; "))
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var added []string
	for _, c := range changes {
		at := slices.IndexFunc(there, func(s dotenv.Setting) bool { return s.Name == c.name })
		first, last := -1, -1
		if at >= 0 {
			first, last = there[at].Line-1, there[at].LastLine-1
		} else if commented := regexp.MustCompile(`^#` + c.name + `=`); c.value != "" {
			first = slices.IndexFunc(lines, commented.MatchString)
			last = first
		}
		if c.value == "" {
			if first >= 0 {
				clear(lines[first : last+1])
				lines[first] = "#" + c.name + "="
			}
		} else if first >= 0 {
			clear(lines[first : last+1])
			lines[first] = c.name + "=" + dotenv.QuoteValue(c.value)
		} else {
			added = append(added, c.name+"="+dotenv.QuoteValue(c.value))
		}
	}
	return strings.Join(append(lines, added...), "\n") + "\n", nil
}

// writeSettings changes a file, or makes it. It appears whole, and only its owner may
// read it.
func writeSettings(path string, changes []setting) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(initHead), nil
	}
	if err != nil {
		return err
	}
	changed, err := changeSettings(string(text), changes)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".env-*") // of mode 600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there once it is renamed
	if _, err = f.WriteString(changed); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
