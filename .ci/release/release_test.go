package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var stamp = time.Date(2026, time.November, 27, 9, 14, 2, 0, time.UTC)

func TestPackagesOfBuildsBetweenVersionsAreInTheOrderOfTheirCommits(t *testing.T) {
	for _, tt := range []struct {
		version, want string
	}{
		{"0.2.0", "0.2.0"},
		{"0.1.0+ffffff0", "0.1.0+20261127091402.ffffff0"},
		{"0.1.0+0000001-dirty", "0.1.0+20261127091402.0000001.dirty"},
	} {
		r := release{released: "0.1.0", version: tt.version, stamp: stamp.In(time.FixedZone("", 3600))}
		if got := r.packageVersion(); got != tt.want {
			t.Errorf("%s is packed as %s, not %s", tt.version, got, tt.want)
		}
	}
}

// listTar lists an archive's entries with their modes.
func listTar(t *testing.T, data []byte) (list []string) {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(packed); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		if !header.ModTime.Equal(stamp) || header.Uid != 0 || header.Uname != "root" {
			t.Errorf("%s is %s's and of %s", header.Name, header.Uname, header.ModTime)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%o %s %s", header.Mode, header.Name, text))
	}
}

func listZip(t *testing.T, data []byte) (list []string) {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range in.File {
		if !f.Modified.Equal(stamp) {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%o %s %s", f.Mode(), f.Name, text))
	}
	return list
}

func TestArchivesHoldProgramsAndDocumentsForTheirPlatform(t *testing.T) {
	docs := []document{{"README.md", []byte("read")}, {"deployments/systemd/defendersync-for", []byte("#!")}, {"man/defendersync.1", []byte(".TH")}}
	for name, tt := range map[string]struct {
		p    platform
		list func(*testing.T, []byte) []string
		want []string
	}{
		"defendersync_1.2.3_linux_arm64.tar.gz":  {platform{os: "linux", arch: "arm64"}, listTar, []string{"644 README.md read", "755 defendersync a program", "755 defendersync-worker a program", "755 deployments/systemd/defendersync-for #!", "644 man/defendersync.1 .TH"}},
		"defendersync_1.2.3_darwin_amd64.tar.gz": {platform{os: "darwin", arch: "amd64"}, listTar, []string{"644 README.md read", "755 defendersync a program", "755 defendersync-worker a program", "644 man/defendersync.1 .TH"}},
		"defendersync_1.2.3_windows_amd64.zip":   {platform{os: "windows", arch: "amd64"}, listZip, []string{"644 README.md read", "755 defendersync-worker.exe a program", "755 defendersync.exe a program", "644 man/defendersync.1 .TH"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := release{version: "1.2.3", stamp: stamp, out: t.TempDir()}
			tt.p.folder = t.TempDir()
			for program := range programs {
				if err := os.WriteFile(tt.p.program(program), []byte("a program"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.writeArchive(tt.p, docs); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(r.out, name))
			if err != nil {
				t.Fatal(err)
			}
			folder := " " + strings.TrimSuffix(strings.TrimSuffix(name, ".tar.gz"), ".zip") + "/"
			var got []string
			for _, line := range tt.list(t, data) {
				got = append(got, strings.Replace(line, folder, " ", 1))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("it holds\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestAFileThatIsToGoAlongHasToBeThereUnlessItIsTheLicence(t *testing.T) {
	repository := fstest.MapFS{}
	for _, name := range copied {
		repository[name] = &fstest.MapFile{Data: []byte(name)}
	}
	all, err := readCopied(repository)
	if err != nil || len(all) != len(copied) {
		t.Errorf("%d documents of %d: %v", len(all), len(copied), err)
	}
	delete(repository, "LICENSE")
	if docs, err := readCopied(repository); err != nil || len(docs) != len(copied)-1 {
		t.Errorf("without a licence %d documents: %v", len(docs), err)
	}
	delete(repository, "README.md")
	if _, err := readCopied(repository); err == nil || !strings.Contains(err.Error(), "README.md") {
		t.Errorf("without a README: %v", err)
	}
}

// repository is this one.
var repository = os.DirFS("../..")

func TestFilesThatOperatorsAreSentToGoAlong(t *testing.T) {
	docs, err := readCopied(repository)
	if err != nil {
		t.Fatal(err)
	}
	here := func(file string) bool {
		return slices.ContainsFunc(docs, func(d document) bool { return d.name == file || strings.HasPrefix(d.name, file+"/") })
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(\.\./(deployments/(?:grafana|prometheus|systemd)[^)#]*)`).FindAllStringSubmatch(string(text), -1)
	for _, m := range links {
		if !here(m[1]) {
			t.Errorf("operations.md leads to %s, which no archive has", m[1])
		}
	}
	if len(links) < 3 {
		t.Errorf("only %d links are found", len(links))
	}
}

func TestPackagesHaveWhatArchivesHave(t *testing.T) {
	text, err := os.ReadFile("../../" + nfpmConfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range copied {
		if name != "LICENSE" && name != "deployments/systemd" && !strings.Contains(string(text), "{src: "+name) {
			t.Errorf("%s is not in the packages", name)
		}
	}
}

func TestTheChartsArchiveHoldsWhatItsLinksLeadTo(t *testing.T) {
	entries, err := readChart(repository)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{
		"defendersync/Chart.yaml": chartFolder + "/Chart.yaml", "defendersync/templates/tests/check.yaml": chartFolder + "/templates/tests/check.yaml",
		"defendersync/files/alerts.yaml": "deployments/prometheus/alerts.yaml", "defendersync/files/dashboard.json": "deployments/grafana/defendersync.json",
	} {
		want, err := os.ReadFile("../../" + source)
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(entries, func(e entry) bool { return e.name == name }); i < 0 || !bytes.Equal(entries[i].data, want) || len(want) < 100 {
			t.Errorf("%s is not %s", name, source)
		}
	}
}

func TestLicencesOfAModuleAreAllOfItsLicenceFiles(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"LICENSE": "the licence\r\n", "NOTICE.txt": "the notice", "licensed.go": "package x", "README.md": "no"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := appendLicences(&b, "a module v1", folder); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "\na module v1\n") || !strings.HasSuffix(got, "\n\nthe licence\n\nthe notice\n") {
		t.Errorf("it gives %q", got)
	}
	if err := appendLicences(&b, "no module", filepath.Join(folder, "none")); err == nil {
		t.Error("a module without a folder is passed over")
	}
	b.Reset()
	if err := appendLicences(&b, "bare", t.TempDir()); err != nil || !strings.Contains(b.String(), "no licence file") {
		t.Errorf("a module without a licence gives %q, %v", b.String(), err)
	}
}

func TestChecksumsAreThoseThatSha256sumReads(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b", "a"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeChecksums(folder); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	const want = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b\n"
	if err != nil || string(got) != want {
		t.Errorf("they are %q, %v", got, err)
	}
}
