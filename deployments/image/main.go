// Command image prepares the product's container image. It lays out the root file system of the product's container image:
// static binaries, certificates of authorities, the user, and /tmp. The Dockerfile
// copies it into an empty image. Nothing of the machine that builds gets in: the
// same binaries give the same files, with the same modes and times.
//
// With -empty it writes an empty image of a platform instead, for docker load.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	var l layout
	var when int64
	var empty, tag string
	flag.StringVar(&l.root, "root", "", "`folder` to lay out; what is there is removed")
	flag.Int64Var(&when, "time", 0, "time of all files, in `seconds` since 1970")
	flag.StringVar(&empty, "empty", "", "write an empty Linux image of this `architecture` to standard output")
	flag.StringVar(&tag, "tag", "", "the empty image's `name`")
	flag.Parse()
	l.when, l.binaries = time.Unix(when, 0), flag.Args()
	err := error(nil)
	if empty != "" {
		err = writeEmptyImage(os.Stdout, empty, tag)
	} else {
		err = l.makeRoot()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// layout is what a root file system is made of.
type layout struct {
	root     string
	when     time.Time
	binaries []string // files that go to /usr/bin
}

// The user of all processes. Its number is above those of people and services on
// common systems, so that it owns nothing of a host's.
const (
	users  = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n"
	groups = "root:x:0:\nnonroot:x:65532:\n"
)

const (
	certificates = "etc/ssl/certs/ca-certificates.crt"
	programs     = "usr/bin"
)

// makeRoot lays the file system out.
func (l layout) makeRoot() error {
	if l.root == "" || len(l.binaries) == 0 {
		return errors.New("give --root FOLDER and the binaries")
	}
	if err := os.RemoveAll(l.root); err != nil {
		return err
	}
	pem, err := authorities()
	if err != nil {
		return err
	}
	files := map[string][]byte{"etc/passwd": []byte(users), "etc/group": []byte(groups), certificates: pem}
	for name, content := range files {
		if err := l.writeFile(name, content, 0o644); err != nil {
			return err
		}
	}
	for _, path := range l.binaries {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := l.writeFile(filepath.Join(programs, filepath.Base(path)), content, 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(l.root, "tmp"), 0o755); err != nil {
		return err
	}
	return l.settle()
}

// writeFile writes a file of the image with its mode, whatever the umask.
func (l layout) writeFile(name string, content []byte, mode os.FileMode) error {
	path := filepath.Join(l.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, content, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// settle gives folders their modes and all their times. The deepest goes first,
// since each change within a folder changes the folder's time.
func (l layout) settle() error {
	var paths []string
	err := filepath.WalkDir(l.root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		paths = append(paths, path)
		if d.IsDir() {
			return os.Chmod(path, folderMode(strings.TrimPrefix(path, l.root)))
		}
		return nil
	})
	for i := len(paths) - 1; err == nil && i >= 0; i-- {
		err = os.Chtimes(paths[i], l.when, l.when)
	}
	return err
}

// folderMode lets everybody write to /tmp.
func folderMode(path string) os.FileMode {
	if path == string(filepath.Separator)+"tmp" {
		return 0o777 | os.ModeSticky
	}
	return 0o755
}
