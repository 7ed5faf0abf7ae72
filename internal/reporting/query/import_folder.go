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

// privateFile is the mode of the files in the folder. They hold people's addresses,
// under names that the operator did not choose, so only their owner can read them.
const privateFile fs.FileMode = 0o600

// manifestName is the name of the file that identifies a folder of import files.
const manifestName = "defendersync-import.json"

// folder is a folder that appears under its name only when it is committed. Until
// then it is a hidden folder in the same place.
type folder struct {
	target string
	temp   string
	taken  map[string]bool // names of files, folded
	done   bool
}

// createFolder begins a folder. An existing one must be empty or written by
// WriteImport.
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
		_ = os.Chmod(temp, info.Mode().Perm()) // on failure it stays closed to others
	}
	return &folder{target: target, temp: temp, taken: map[string]bool{saas.Fold(manifestName): true}}, nil
}

// checkReplaceable returns why a folder must not be replaced; nil: it may be.
func checkReplaceable(target string) error {
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return withoutPath(err)
	case !info.IsDir():
		return errors.New("it is a file; use a folder")
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
		return errors.New("the folder has other content; use a new or empty folder")
	}
	var m manifest
	if json.Unmarshal(text, &m) != nil || m.Tool != tool {
		return fmt.Errorf("the folder's %s was not written by defendersync; use a new or empty folder", manifestName)
	}
	ours := map[string]bool{manifestName: true}
	for _, f := range m.Files {
		ours[f.File] = true
	}
	for _, e := range entries {
		if !ours[e.Name()] {
			return fmt.Errorf("the folder also has %q, which would be lost; move it elsewhere", e.Name())
		}
	}
	return nil
}

const tool = "defendersync"

// manifest lists the files in a folder.
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

// nameFor returns a file name for an app that every file system accepts. If another
// app has the name, the app's id is added.
func (f *folder) nameFor(a AppRef) string {
	name := safeName(a.Name)
	for f.taken[saas.Fold(name+".csv")] {
		name += " " + safeName(a.ID)
	}
	f.taken[saas.Fold(name+".csv")] = true
	return name + ".csv"
}

// maxName bounds a file name in bytes, well below the usual limit of 255.
const maxName = 100

// safeName replaces characters that some file system does not accept.
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

// isReserved reports whether Windows reserves a file name for a device.
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

// commit gives the folder its name. An earlier folder is moved aside first, and back
// on failure.
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
			return fmt.Errorf("folder %s is written, but its earlier content is still in %s: %w", f.target, aside, withoutPath(err))
		}
	}
	return nil
}

// discard removes what was written; after commit it does nothing.
func (f *folder) discard() {
	if !f.done {
		_ = os.RemoveAll(f.temp) // on failure nothing else can be done
	}
}

func (f *folder) wrapError(err error) error {
	return fmt.Errorf("write folder %s: %w", f.target, withoutPath(err))
}

// withoutPath returns an error of the operating system without the path, which may be
// that of the hidden folder.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
