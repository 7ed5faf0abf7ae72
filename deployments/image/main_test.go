package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheSameBinariesGiveTheSameFiles(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "defendersync")
	if err := os.WriteFile(binary, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	when := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var found []string
	for range 2 {
		l := layout{root: filepath.Join(t.TempDir(), "root"), when: when, binaries: []string{binary}}
		if err := l.makeRoot(); err != nil {
			t.Fatal(err)
		}
		found = append(found, describe(t, l.root))
	}
	if found[0] != found[1] {
		t.Errorf("first\n%sthen\n%s", found[0], found[1])
	}
	for _, want := range []string{
		"usr/bin/defendersync -rwxr-xr-x 2026-11-24T12:00:00Z a program\n",
		"etc/passwd -rw-r--r-- 2026-11-24T12:00:00Z root:",
		"tmp dtrwxrwxrwx 2026-11-24T12:00:00Z \n",
		"usr/bin drwxr-xr-x 2026-11-24T12:00:00Z \n",
	} {
		if !strings.Contains(found[0], want) {
			t.Errorf("%q is not among\n%s", want, found[0])
		}
	}
}

// describe lists all that is in a folder.
func describe(t *testing.T, root string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		if !d.IsDir() {
			content, err = os.ReadFile(path)
		}
		name, _ := filepath.Rel(root, path)
		out.WriteString(name + " " + info.Mode().String() + " " + info.ModTime().UTC().Format(time.RFC3339) + " " + string(content) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheCertificatesAreReadByGo(t *testing.T) {
	text, err := authorities()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "BEGIN CERTIFICATE"); n < 50 {
		t.Errorf("%d authorities", n)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		t.Error("none is read")
	}
	for _, name := range []string{"DigiCert Global Root G2", "ISRG Root X1", "Amazon Root CA 1"} {
		if !strings.Contains(string(text), name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	if err := (layout{}).makeRoot(); err == nil || !strings.Contains(err.Error(), "--root") {
		t.Errorf("it says %v", err)
	}
	l := layout{root: filepath.Join(t.TempDir(), "root"), binaries: []string{filepath.Join(t.TempDir(), "gone")}}
	if err := l.makeRoot(); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("it says %v", err)
	}
}

func TestAnEmptyImageSaysItsPlatformAndName(t *testing.T) {
	var out bytes.Buffer
	if err := writeEmptyImage(&out, "arm64", "some:tag"); err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for archive := tar.NewReader(&out); ; {
		header, err := archive.Next()
		if err != nil {
			break
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		parts[header.Name] = string(content)
	}
	if want := `"architecture":"arm64","os":"linux"`; !strings.Contains(parts["config.json"], want) {
		t.Errorf("the configuration is %s", parts["config.json"])
	}
	if want := `[{"Config":"config.json","RepoTags":["some:tag"],"Layers":[]}]`; parts["manifest.json"] != want {
		t.Errorf("the manifest is %s", parts["manifest.json"])
	}
}
