package localrun

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// openToAll makes files and folders that everybody may read.
func openToAll(t *testing.T, folder string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// openIn lists what others can see in a folder, itself included.
func openIn(t *testing.T, folder string) (open []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Type()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
			name, _ := filepath.Rel(folder, path)
			open = append(open, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return open
}

func TestTheDataFolderIsClosedToOthersWhateverItWas(t *testing.T) {
	umask := syscall.Umask(0)
	defer syscall.Umask(umask)
	folder := filepath.Join(t.TempDir(), "var")
	openToAll(t, folder, "temporal-x-1.31.db", "temporal-x-1.31.db-wal", "temporal-x-1.31.db-shm", "temporal-x-1.31.db.lock", "tenants-x.json", "tenants-x.json.123",
		"mail-x/20261124T030000.000000000-1.eml", "log/worker.log", "env")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	openToAll(t, filepath.Dir(elsewhere), "elsewhere")
	if err := os.Symlink(elsewhere, filepath.Join(folder, "log", "link")); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	l := &local{Options: Options{Stdout: &said}, settings: settings{DataDir: folder}}
	restore, err := l.keepPrivate()
	if err != nil {
		t.Fatal(err)
	}
	openToAll(t, filepath.Join(folder, "log"), "tenants.log") // as a child makes it; the folder is opened by hand
	restore()
	if open := openIn(t, folder); strings.Join(open, " ") != "log" || said.Len() != 0 {
		t.Errorf("open to others: %q; said %q", open, said.String())
	}
	if info, err := os.Stat(elsewhere); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("what a link leads to was changed: %v, %v", info, err)
	}
	if now := syscall.Umask(0); now != 0 {
		t.Errorf("the umask stays %o", now)
	}
}

func TestAFolderThatIsSharedStaysOpenAndWhatIsOursInItDoesNot(t *testing.T) {
	folder := t.TempDir()
	openToAll(t, folder, "env", "log/worker.log", "somebody's.txt")
	var said bytes.Buffer
	l := &local{Options: Options{Stdout: &said}, settings: settings{DataDir: folder}}
	restore, err := l.keepPrivate()
	if err != nil {
		t.Fatal(err)
	}
	restore()
	if open := openIn(t, folder); strings.Join(open, " ") != ". somebody's.txt" || !strings.Contains(said.String(), folder) {
		t.Errorf("open to others: %q; said %q", open, said.String())
	}
}

func TestARunLeavesNothingOpenToOthers(t *testing.T) {
	s := newStage(t, fakeMails+"=x")
	umask := syscall.Umask(0)
	openToAll(t, filepath.Join(s.folder, "var"), "env", "log/worker.log")
	p := s.start("--once")
	syscall.Umask(umask)
	p.expect(ExitOK)
	if open := openIn(t, filepath.Join(s.folder, "var")); len(open) > 0 {
		t.Errorf("open to others: %q", open)
	}
	for _, name := range []string{"env", "log/temporal.log"} {
		if _, err := os.Stat(filepath.Join(s.folder, "var", name)); err != nil {
			t.Error(err)
		}
	}
}
