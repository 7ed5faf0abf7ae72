package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name string // with slashes
	mode int64
	data []byte
}

// writeArchive writes the archive of a platform: a zip file for Windows, else a
// tar.gz. All is in one folder, named as the archive.
func (r release) writeArchive(p platform, docs []document) error {
	folder := fmt.Sprintf("defendersync_%s_%s_%s", r.version, p.os, p.arch)
	var entries []entry
	for name := range programs {
		data, err := os.ReadFile(p.program(name))
		if err != nil {
			return err
		}
		entries = append(entries, entry{folder + "/" + filepath.Base(p.program(name)), 0o755, data})
	}
	for _, d := range docs {
		if p.os == "linux" || !strings.HasPrefix(d.name, "deployments/systemd/") {
			entries = append(entries, entry{folder + "/" + d.name, documentMode(d.name), d.data})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	write, extension := writeTar, ".tar.gz"
	if p.os == "windows" {
		write, extension = writeZip, ".zip"
	}
	return writeFile(filepath.Join(r.out, folder+extension), func(w io.Writer) error { return write(w, entries, r.stamp) })
}

// documentMode is the mode of a document: one of them is a program.
func documentMode(name string) int64 {
	if strings.HasSuffix(name, "/defendersync-for") {
		return 0o755
	}
	return 0o644
}

// writeFile writes a file, whatever the umask.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close() // the error before it tells more
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// writeTar writes a tar.gz that follows from the entries and the time alone.
func writeTar(w io.Writer, entries []entry, stamp time.Time) error {
	packed := gzip.NewWriter(w)
	out := tar.NewWriter(packed)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), ModTime: stamp, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := out.Write(e.data); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return packed.Close()
}

// writeZip does the same as a zip file.
func writeZip(w io.Writer, entries []entry, stamp time.Time) error {
	out := zip.NewWriter(w)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: stamp.UTC()}
		header.SetMode(os.FileMode(e.mode))
		file, err := out.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.data); err != nil {
			return err
		}
	}
	return out.Close()
}
