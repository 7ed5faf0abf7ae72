package sheet

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// File is a file that appears under its name only when it is committed. Until then
// it is a hidden file in the same folder.
type File struct {
	temp   *os.File
	target string // name after Commit; "": written in place
	done   bool
}

// CreateFile begins a file. On Commit it replaces a file of that name and keeps its
// permissions; of a symbolic link it replaces the target. A path that is not a
// regular file (/dev/null, a pipe) is written to directly. A folder, a file
// without write permission and a folder in which no file can be created are
// errors.
func CreateFile(path string) (*File, error) {
	if path == "" {
		return nil, errors.New("can't write a file without a name")
	}
	target, err := resolveTarget(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createBeside(target, 0)
	case err != nil:
		return nil, fmt.Errorf("can't write %s: %w", path, withoutPath(err))
	case info.IsDir():
		return nil, fmt.Errorf("can't write %s: it is a folder; name a file in it", path)
	}
	// Replacing a file needs no write permission on it, so that is checked here.
	existing, err := os.OpenFile(target, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("can't write %s: %w", path, withoutPath(err))
	}
	if !info.Mode().IsRegular() {
		return &File{temp: existing}, nil
	}
	if err := existing.Close(); err != nil {
		return nil, fmt.Errorf("can't write %s: %w", path, withoutPath(err))
	}
	return createBeside(target, info.Mode().Perm())
}

// resolveTarget follows symbolic links, also to a file that does not exist yet.
// The target of a link in /proc (/dev/stdout) has no name, so such a link stays as
// it is.
func resolveTarget(path string) (string, error) {
	target := path
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(target)
		if err != nil {
			return target, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(target), to)
		}
		if _, err := os.Lstat(to); err != nil {
			if _, err := os.Stat(target); err == nil {
				return target, nil
			}
		}
		target = to
	}
	return "", fmt.Errorf("can't write %s: too many symbolic links", path)
}

// createBeside creates the temporary file, with the permissions of the file that it
// replaces; 0: those of a new file.
func createBeside(target string, mode fs.FileMode) (*File, error) {
	folder, name := filepath.Split(target)
	if folder == "" {
		folder = "."
	}
	name = utf16Cut(name, 60) // a file's name has 255 bytes at most
	for {
		temp := filepath.Join(folder, "."+name+"."+strconv.FormatUint(rand.Uint64(), 36)+".part")
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("can't write in folder %s: %w", filepath.Clean(folder), withoutPath(err))
		}
		file := &File{temp: f, target: target}
		if mode != 0 {
			if err := f.Chmod(mode); err != nil {
				file.Discard()
				return nil, fmt.Errorf("can't copy the permissions of %s: %w", target, withoutPath(err))
			}
		}
		return file, nil
	}
}

// MakePrivate lets nobody but the owner read the file. What is no regular file stays as
// it is.
func (f *File) MakePrivate() error {
	if f.target == "" {
		return nil
	}
	if err := f.temp.Chmod(0o600); err != nil {
		return fmt.Errorf("can't make %s private: %w", f.target, withoutPath(err))
	}
	return nil
}

// Write implements io.Writer.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.temp.Write(p)
	if err != nil {
		err = fmt.Errorf("writing %s: %w", f.displayName(), withoutPath(err))
	}
	return n, err
}

// Commit writes the file to disk and gives it its name. After an error nothing is
// left of it, and an earlier file of that name stays.
func (f *File) Commit() error {
	if f.done {
		return nil
	}
	if err := f.finishFile(); err != nil {
		f.Discard()
		return fmt.Errorf("writing %s: %w", f.displayName(), withoutPath(err))
	}
	f.done = true
	return nil
}

func (f *File) finishFile() error {
	if f.target == "" {
		return f.temp.Close()
	}
	if err := f.temp.Sync(); err != nil {
		return err
	}
	if err := f.temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.temp.Name(), f.target); err != nil {
		return err
	}
	// Not every file system can sync a folder; the file is complete either way.
	if folder, err := os.Open(filepath.Dir(f.target)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

// Discard removes the file. After Commit it does nothing.
func (f *File) Discard() {
	if f.done {
		return
	}
	f.done = true
	_ = f.temp.Close()
	if f.target != "" {
		_ = os.Remove(f.temp.Name())
	}
}

func (f *File) displayName() string {
	if f.target == "" {
		return f.temp.Name()
	}
	return f.target
}

// withoutPath returns an error of the operating system without the path, which
// would be that of the temporary file.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
