package sheet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// put writes a file by CreateFile and Commit.
func put(t *testing.T, path, content string) {
	t.Helper()
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, path, want string) {
	t.Helper()
	if content, err := os.ReadFile(path); err != nil || string(content) != want {
		t.Errorf("%s has %q, %v, want %q", path, content, err, want)
	}
}

func TestAFileAppearsOnlyWhenItIsComplete(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there already: %v", err)
	}
	for range 2 {
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		f.Discard()
	}
	has(t, path, "half")
	onlyFile(t, dir, "a.csv")
}

func TestADiscardedFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := CreateFile(filepath.Join(dir, "a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	f.Discard()
	f.Discard()
	onlyFile(t, dir, "")
	if err := f.Commit(); err != nil {
		t.Errorf("a commit after it: %v", err)
	}
	onlyFile(t, dir, "")
}

func TestAReplacedFileKeepsItsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	for _, mode := range []fs.FileMode{0o600, 0o664} {
		if err := os.WriteFile(path, []byte("a longer one of yesterday"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		put(t, path, "new")
		has(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("%v became %v, %v", mode, info.Mode(), err)
		}
	}
}

func TestAFileThatItsOwnerMayNotWriteIsKept(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everything")
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("kept"), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFile(path); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	has(t, path, "kept")
}

func TestASymbolicLinkStaysOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real", "old.csv"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{
		"relative.csv": filepath.Join("real", "old.csv"),
		"absolute.csv": filepath.Join(dir, "real", "old.csv"),
		"twice.csv":    "relative.csv",
		"dangling.csv": filepath.Join("real", "new.csv"),
	}
	for link, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range links {
		put(t, filepath.Join(dir, link), link)
		has(t, filepath.Join(dir, link), link)
		if now, err := os.Readlink(filepath.Join(dir, link)); err != nil || now != to {
			t.Errorf("%s leads to %q, %v", link, now, err)
		}
	}
	has(t, filepath.Join(dir, "real", "new.csv"), "dangling.csv")
}

func TestFilesThatCannotBeWrittenAreNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, link := range [][2]string{{"b", "a"}, {"a", "b"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ path, want string }{
		"a folder":                  {dir, dir + ": it is a folder; name a file in it"},
		"a folder that isn't there": {filepath.Join(dir, "no", "a.csv"), "folder " + filepath.Join(dir, "no") + ": no such file or directory"},
		"a file taken for a folder": {filepath.Join(dir, "file", "a.csv"), "not a directory"},
		"links in a circle":         {filepath.Join(dir, "a"), "too many symbolic links"},
		"no name":                   {"", "without a name"},
	} {
		_, err := CreateFile(c.path)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), ".part") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAFolderThatTakesNoFilesIsNamed(t *testing.T) {
	dir := "/proc/self" // takes none from root either
	if os.Geteuid() != 0 {
		dir = t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
	} else if _, err := os.Stat(dir); err != nil {
		t.Skip("this system has no /proc")
	}
	if _, err := CreateFile(filepath.Join(dir, "a.csv")); err == nil || !strings.Contains(err.Error(), "folder "+dir+": ") {
		t.Errorf("got %v", err)
	}
}

func TestADeviceIsWrittenToAndStays(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	put(t, os.DevNull, "gone")
	f, err := CreateFile(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	f.Discard()
	if after, err := os.Stat(os.DevNull); err != nil || after.Mode() != before.Mode() || after.Mode().IsRegular() {
		t.Errorf("it was %v and is %v, %v", before.Mode(), after.Mode(), err)
	}
}

func TestAFileInTheWorkingFolderAndOneWithALongName(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	put(t, "a.csv", "here")
	has(t, filepath.Join(dir, "a.csv"), "here")
	put(t, strings.Repeat("長", 85), "long")
	has(t, filepath.Join(dir, strings.Repeat("長", 85)), "long")
}
