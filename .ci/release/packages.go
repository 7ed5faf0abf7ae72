package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nfpmConfig describes the packages. Paths in it are relative to the folder that
// stageFiles fills.
const nfpmConfig = "deployments/packages/nfpm.yaml"

// writePackages writes the deb and the rpm package of a platform.
func (r release) writePackages(ctx context.Context, p platform, docs []document) error {
	files := filepath.Join(r.stage, "package-"+p.arch)
	if err := r.stageFiles(files, p, docs); err != nil {
		return err
	}
	for _, packager := range []string{"deb", "rpm"} {
		cmd := r.command(ctx, filepath.Join(r.tools, "nfpm"), "package", "--config", filepath.Join(r.root, nfpmConfig), "--packager", packager, "--target", r.out)
		cmd.Dir = files
		cmd.Env = append(cmd.Env, "PACKAGE_ARCH="+p.arch, "PACKAGE_VERSION="+r.packageVersion())
		if text, err := cmd.Output(); err != nil {
			return fmt.Errorf("nfpm: %w\n%s", err, text)
		}
	}
	return nil
}

// packageVersion is the version for package managers, which go by its order: builds
// between two versions go by the time of their commit.
func (r release) packageVersion() string {
	_, commit, between := strings.Cut(r.version, "+")
	if !between {
		return r.version
	}
	return r.released + "+" + r.stamp.UTC().Format("20060102150405") + "." + strings.ReplaceAll(commit, "-", ".")
}

// stageFiles fills a folder with the files of the packages, by the names that
// nfpm.yaml knows them by.
func (r release) stageFiles(folder string, p platform, docs []document) error {
	files := map[string][]byte{}
	for _, d := range docs {
		files[d.name] = d.data
	}
	for name := range programs {
		data, err := os.ReadFile(p.program(name))
		if err != nil {
			return err
		}
		files["bin/"+name] = data
	}
	page, err := pack(files["man/defendersync.1"])
	if err != nil {
		return err
	}
	files["man/defendersync.1.gz"] = page
	for _, name := range []string{"scripts/postinstall", "scripts/preremove", "scripts/postremove", "copyright"} {
		data, err := os.ReadFile(filepath.Join(r.root, "deployments/packages", name))
		if err != nil {
			return err
		}
		files[name] = data
	}
	for name, data := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
		// nfpm takes the times of a whole folder's files from the disk.
		if err := os.Chtimes(path, r.stamp, r.stamp); err != nil {
			return err
		}
	}
	return nil
}

// pack packs as gzip -9n does: without a name and a time.
func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
