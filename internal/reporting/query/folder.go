package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"defendersync/internal/saas"
)

// privateFile is the mode of the files in the folder. They hold people's
// addresses under names that the operator did not choose, so nobody else can
// read them until the operator says so.
const privateFile fs.FileMode = 0o600

// manifestName is the file by which a folder of import files is known.
const manifestName = "defendersync-import.json"

// folder is a folder that appears under its name only when commit says that it
// is complete; until then it is a hidden folder beside it.
type folder struct {
	target string
	temp   string
	taken  map[string]bool // names of files, folded
	done   bool
}

// createFolder begins a folder. One that is there already must be empty, or
// have been made by us.
func createFolder(path string) (*folder, error) {
	target := filepath.Clean(path)
	if err := checkReplaceable(target); err != nil {
		return nil, &OptionError{"import-file", path, err.Error()}
	}
	temp := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+"."+strconv.FormatUint(rand.Uint64(), 36)+".part")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return nil, fmt.Errorf("can't write in folder %s: %w", filepath.Dir(target), withoutPath(err))
	}
	if info, err := os.Stat(target); err == nil {
		_ = os.Chmod(temp, info.Mode().Perm()) // where that can't be, it stays closed to others
	}
	return &folder{target: target, temp: temp, taken: map[string]bool{saas.Fold(manifestName): true}}, nil
}

// checkReplaceable reports why a folder must stay as it is.
func checkReplaceable(target string) error {
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return withoutPath(err)
	case !info.IsDir():
		return errors.New("it is a file; name a folder")
	}
	entries, err := os.ReadDir(target)
	if err != nil {
		return withoutPath(err)
	}
	if len(entries) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(target, manifestName))
	if err != nil {
		return errors.New("the folder holds something else; name a new or an empty one")
	}
	var m manifest
	if json.Unmarshal(text, &m) != nil || m.Tool != tool {
		return fmt.Errorf("the folder's %s is not ours; name a new or an empty one", manifestName)
	}
	ours := map[string]bool{manifestName: true}
	for _, f := range m.Files {
		ours[f.File] = true
	}
	for _, e := range entries {
		if !ours[e.Name()] {
			return fmt.Errorf("the folder also holds %q, which would be lost; move it away", e.Name())
		}
	}
	return nil
}

const tool = "defendersync"

// manifest says what a folder holds.
type manifest struct {
	Tool    string         `json:"tool"`
	Written time.Time      `json:"written"`
	Notes   []string       `json:"notes,omitempty"`
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	App   string `json:"app"`
	File  string `json:"file"`
	Users int    `json:"users"`
}

func (f *folder) writeManifest(i Import) error {
	m := manifest{Tool: tool, Written: i.at.UTC().Truncate(time.Second), Notes: i.ListNotes()}
	for _, one := range i.Apps {
		if one.File != "" {
			m.Files = append(m.Files, manifestFile{one.App, one.File, one.Users})
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.temp, manifestName), append(text, '\n'), privateFile); err != nil {
		return f.wrapError(err)
	}
	return nil
}

// nameFor makes a file's name of an app's, fit for every file system. An app
// whose name is taken gets its id besides.
func (f *folder) nameFor(a AppRef) string {
	name := safeName(a.Name)
	for f.taken[saas.Fold(name+".csv")] {
		name += " " + safeName(a.ID)
	}
	f.taken[saas.Fold(name+".csv")] = true
	return name + ".csv"
}

// maxName bounds a file's name, in bytes, well below the 255 that there may be.
const maxName = 100

// safeName replaces what some file system does not take.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" -_.()+&,'!", r) {
			return r
		}
		return '_'
	}, strings.ToValidUTF8(name, "_"))
	for len(name) > maxName {
		r := []rune(name)
		name = string(r[:len(r)-1])
	}
	name = strings.Trim(name, " .")
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	if name == "" || isReserved(stem) {
		name = "_" + name
	}
	return name
}

// isReserved names devices, which Windows allows no file to be called.
func isReserved(stem string) bool {
	switch stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	if len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) {
		return stem[3] >= '0' && stem[3] <= '9'
	}
	return false
}

// commit gives the folder its name. What had it before is put aside for that,
// and back again should it fail.
func (f *folder) commit() error {
	if err := checkReplaceable(f.target); err != nil { // things may have changed since
		return fmt.Errorf("folder %s: %w", f.target, err)
	}
	aside := f.temp + ".old"
	err := os.Rename(f.target, aside)
	had := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.wrapError(err)
	}
	if err := os.Rename(f.temp, f.target); err != nil {
		if had {
			_ = os.Rename(aside, f.target) // the other error matters more
		}
		return f.wrapError(err)
	}
	f.done = true
	if had {
		if err := os.RemoveAll(aside); err != nil {
			return fmt.Errorf("folder %s is written, but what it held before is still in %s: %w", f.target, aside, withoutPath(err))
		}
	}
	return nil
}

// discard removes what was written; after commit it does nothing.
func (f *folder) discard() {
	if !f.done {
		_ = os.RemoveAll(f.temp) // there is nothing else to be done about it
	}
}

func (f *folder) wrapError(err error) error {
	return fmt.Errorf("writing folder %s: %w", f.target, withoutPath(err))
}

// withoutPath is an error of the operating system without the path, which may be
// the hidden folder's.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
