package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

// redacted stands for a secret wherever one is printed.
const redacted = "[redacted]"

// maxSecretFile bounds, in bytes, what is read as a secret from a file.
const maxSecretFile = 64 << 10

// Secret is a setting that must not be seen. Whatever prints, logs or marshals
// it gets [redacted]; only Reveal gives the value. The zero value is a secret
// that isn't set, and prints as nothing.
type Secret struct {
	// A pointer, so that a Secret in an unexported field, where fmt calls no
	// methods, shows an address and not the text.
	value *string
}

// NewSecret keeps value from being printed; of "" it makes the zero Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal gives the value; "" when it isn't set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String is [redacted], or "" when the secret isn't set.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return redacted
}

// Format prints the same under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalJSON gives the redacted text.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText gives the redacted text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalZerologObject logs the redacted text.
func (s Secret) MarshalZerologObject(e *zerolog.Event) { e.Str("secret", s.String()) }

// LogValue logs the redacted text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// EnvDecode takes the value from the environment.
func (s *Secret) EnvDecode(value string) error {
	*s = NewSecret(value)
	return nil
}

// ReadSecret reads a secret from a file, as NAME_FILE settings and mounted
// container secrets have it; white space and a byte order mark around it are
// not part of it. Errors never tell what the file holds, and the path only
// where it plainly is one: somebody may have put the secret itself there.
func ReadSecret(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, fileProblem(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return Secret{}, fmt.Errorf("%s is not a file of at most %d bytes", path, maxSecretFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, fileProblem(path, err)
	}
	if err := CheckText(text); err != nil {
		return Secret{}, fmt.Errorf("%s %w", path, err)
	}
	secret := NewSecret(Trim(string(text)))
	if !secret.IsSet() {
		return Secret{}, fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// fileProblem is an error of the operating system, with the path where its
// folder exists.
func fileProblem(path string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	folder := filepath.Dir(path)
	if info, statErr := os.Stat(folder); folder == "." || folder == "/" || statErr != nil || !info.IsDir() {
		return fmt.Errorf("the file that it names can't be read: %w; it takes the path of a file, not the secret itself", err)
	}
	return fmt.Errorf("%s can't be read: %w", path, err)
}

// CheckText says what a file is, "is UTF-16 …", where it is no text that can be
// read. It never shows what the file holds.
func CheckText(content []byte) error {
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		return errors.New("is UTF-16 text: save it as UTF-8")
	case bytes.IndexByte(content, 0) >= 0, !utf8.Valid(content):
		return errors.New("is not UTF-8 text")
	}
	return nil
}
