package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Extension ends the names of the schemas' files, which begin with their kinds.
const Extension = ".schema.json"

// Folder is a folder with schemas. It is safe for concurrent use.
type Folder struct {
	Files fs.FS

	mu   sync.Mutex
	met  map[string]bool
	made map[string]*jsonschema.Schema
}

// ErrCutOff is the error of a text that is not whole JSON documents.
var ErrCutOff = errors.New("no whole JSON document")

// CheckDocuments holds each of the JSON documents of a text against the schema of its
// kind.
func (f *Folder) CheckDocuments(text string) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) && n > 1 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("document %d: %w: %w", n, ErrCutOff, err)
		}
		if err := f.checkDocument(raw); err != nil {
			return fmt.Errorf("document %d: %w\n%s", n, err, raw)
		}
	}
}

func (f *Folder) checkDocument(raw []byte) error {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if head.Kind == "" {
		return errors.New("it has no kind")
	}
	schema, err := f.compile(head.Kind)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// compile reads the schema of a kind once.
func (f *Folder) compile(kind string) (*jsonschema.Schema, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made == nil {
		f.made, f.met = map[string]*jsonschema.Schema{}, map[string]bool{}
	}
	f.met[kind] = true
	if s := f.made[kind]; s != nil {
		return s, nil
	}
	text, err := fs.ReadFile(f.Files, path.Join(kind+Extension))
	if err != nil {
		return nil, fmt.Errorf("there is no schema of kind %q: %w", kind, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", kind, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(kind+Extension, value); err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", kind, err)
	}
	s, err := c.Compile(kind + Extension)
	if err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", kind, err)
	}
	f.made[kind] = s
	return s, nil
}

// HasMet reports whether a document of a kind was checked.
func (f *Folder) HasMet(kind string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met[kind]
}
