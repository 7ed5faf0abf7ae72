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

// redacted is printed in place of a secret.
const redacted = "[redacted]"

// maxSecretFile is the largest secret file that is read, in bytes.
const maxSecretFile = 64 << 10

// Secret is a setting that must never be shown. Printing, logging and marshalling
// yield [redacted]; only Reveal returns the value. The zero value is an unset
// secret and prints as nothing.
type Secret struct {
	// A pointer: fmt calls no methods on unexported fields, and so prints an
	// address instead of the text.
	value *string
}

// NewSecret wraps a value; "" yields the zero Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal returns the value, or "" if the secret is not set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// String returns [redacted], or "" if the secret is not set.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	return redacted
}

// Format prints the same as String under every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalJSON marshals the redacted text.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText returns the redacted text.
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

// ReadSecret reads a secret from a file, for NAME_FILE settings and mounted
// container secrets. Surrounding white space and a byte order mark are removed.
// Errors never show the content. They show the path only if its folder exists,
// because an operator may have put the secret itself in the path's place.
func ReadSecret(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, explainFileError(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return Secret{}, fmt.Errorf("%s is not a file of at most %d bytes", path, maxSecretFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, explainFileError(path, err)
	}
	if err := CheckText(text); err != nil {
		return Secret{}, fmt.Errorf("%s %w", path, err)
	}
	secret := NewSecret(TrimInvisible(string(text)))
	if !secret.IsSet() {
		return Secret{}, fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// explainFileError wraps an error of the operating system. It names the path
// only if its folder exists; see ReadSecret.
func explainFileError(path string, err error) error {
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

// CheckText reports why a file's content is not readable text, in words that
// follow the file's name: "is UTF-16 …". It never shows the content.
func CheckText(content []byte) error {
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		return errors.New("is UTF-16 text: save it as UTF-8")
	case bytes.IndexByte(content, 0) >= 0, !utf8.Valid(content):
		return errors.New("is not UTF-8 text")
	}
	return nil
}
