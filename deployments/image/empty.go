package main

import (
	"archive/tar"
	"encoding/json"
	"io"
)

// imageConfig is as much of an image's configuration as an empty one needs.
type imageConfig struct {
	Architecture string         `json:"architecture"`
	OS           string         `json:"os"`
	Config       map[string]any `json:"config"`
	RootFS       rootFS         `json:"rootfs"`
	History      []any          `json:"history"`
}

type rootFS struct {
	Type  string   `json:"type"`
	Diffs []string `json:"diff_ids"`
}

// imageManifest names the parts of an image in an archive of docker save.
type imageManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// writeEmptyImage writes an image without files, in the form that docker load takes.
func writeEmptyImage(w io.Writer, architecture, tag string) error {
	config := imageConfig{
		Architecture: architecture, OS: "linux", Config: map[string]any{}, RootFS: rootFS{"layers", []string{}}, History: []any{},
	}
	manifest := []imageManifest{{Config: "config.json", RepoTags: []string{tag}, Layers: []string{}}}
	archive := tar.NewWriter(w)
	for _, part := range []struct {
		name  string
		value any
	}{{"config.json", config}, {"manifest.json", manifest}} {
		content, err := json.Marshal(part.value)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Name: part.name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			return err
		}
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	return archive.Close()
}
