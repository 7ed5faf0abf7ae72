package compose

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rootFS is a folder that becomes the files of a stand-in image.
type rootFS struct {
	t    *testing.T
	path string
}

// put writes a file.
func (r rootFS) put(name, content string, mode os.FileMode) {
	r.t.Helper()
	path := filepath.Join(r.path, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		r.t.Fatal(err)
	}
}

// folder makes a folder that everybody may write to.
func (r rootFS) folder(name string) {
	r.t.Helper()
	path := filepath.Join(r.path, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		r.t.Fatal(err)
	}
}

// copyFile copies a file of this machine, by what a link leads to.
func (r rootFS) copyFile(from, to string) {
	r.t.Helper()
	if err := copyFile(from, filepath.Join(r.path, to)); err != nil {
		r.t.Fatal(err)
	}
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// copyTree copies a folder of this machine, to the same place or another one.
func (r rootFS) copyTree(from, to string) {
	r.t.Helper()
	if err := copyTree(from, filepath.Join(r.path, to)); err != nil {
		r.t.Fatal(err)
	}
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := os.Stat(path); err != nil || info.IsDir() { // links to folders are left out
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

// libraryPath finds the paths in what ldd prints.
var libraryPath = regexp.MustCompile(`(?m)(/\S+) \(0x`)

// program copies a program or a library of this machine with all that it links.
func (r rootFS) program(from, to string) {
	r.t.Helper()
	r.copyFile(from, to)
	printed, err := execute("", "ldd", from)
	if err != nil && !strings.Contains(fmt.Sprint(err), "not a dynamic executable") {
		r.t.Fatal(err)
	}
	for _, m := range libraryPath.FindAllStringSubmatch(printed, -1) {
		r.copyFile(m[1], m[1])
	}
}

// shell puts a shell in, with the few tools that scripts of the images use.
func (r rootFS) shell() {
	r.t.Helper()
	r.program("/bin/busybox", "/bin/busybox")
	for _, name := range []string{"sh", "bash", "cat", "sleep", "rm", "hostname", "awk"} {
		path := filepath.Join(r.path, "bin", name)
		if err := os.Symlink("busybox", path); err != nil {
			r.t.Fatal(err)
		}
	}
	// Alpine's nc has -z, Debian's has not.
	r.put("bin/nc", "#!/bin/sh\n[ \"$1\" = -z ] || exit 2\nexec busybox nc -w 1 \"$2\" \"$3\" </dev/null >/dev/null\n", 0o755)
	r.folder("tmp")
}

// user gives the image its user, beside root.
func (r rootFS) user(name string, id int) {
	r.t.Helper()
	r.put("etc/passwd", fmt.Sprintf("root:x:0:0:root:/:/bin/sh\n%s:x:%d:%d::/tmp:/bin/sh\n", name, id, id), 0o644)
	r.put("etc/group", fmt.Sprintf("root:x:0:\n%s:x:%d:\n", name, id), 0o644)
}
