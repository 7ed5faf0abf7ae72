package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// PayloadKey is one of the keys of PAYLOAD_ENCRYPTION_KEY.
type PayloadKey struct {
	ID  string   // as given, or the key's fingerprint; not a secret
	Key [32]byte // of AES-256
}

// String returns the id, so that printing a key does not show it.
func (k PayloadKey) String() string { return k.ID }

// GoString returns the id.
func (k PayloadKey) GoString() string { return k.ID }

var keyIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ParsePayloadKeys reads keys separated by commas or white space. Each is the
// base64 of 32 random bytes, or id:base64. The id of a key without one is its
// fingerprint. Errors name a key's position, never its text.
func ParsePayloadKeys(text string) ([]PayloadKey, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \n\r\t", r) })
	if len(fields) == 0 {
		return nil, errors.New("there is no key: make one with `openssl rand -base64 32`")
	}
	keys, known := make([]PayloadKey, len(fields)), map[string]bool{}
	for i, field := range fields {
		key, err := parsePayloadKey(field)
		if err == nil && known[key.ID] {
			err = fmt.Errorf("two keys have the id %s", key.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(fields), err)
		}
		keys[i], known[key.ID] = key, true
	}
	return keys, nil
}

func parsePayloadKey(field string) (PayloadKey, error) {
	id, text, named := strings.Cut(field, ":")
	if !named {
		id, text = "", field
	}
	text = strings.TrimRight(text, "=")
	bytes, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		bytes, err = base64.RawURLEncoding.DecodeString(text)
	}
	key := PayloadKey{ID: id}
	if err != nil || copy(key.Key[:], bytes) != len(key.Key) || len(bytes) > len(key.Key) {
		return PayloadKey{}, errors.New("not the base64 of 32 bytes: make one with `openssl rand -base64 32`")
	}
	if !named {
		sum := sha256.Sum256(append([]byte("defendersync key id\x00"), bytes...))
		key.ID = hex.EncodeToString(sum[:4])
	}
	if !keyIDPattern.MatchString(key.ID) {
		return PayloadKey{}, errors.New("use up to 64 letters, digits, dots, dashes and underscores for the id")
	}
	return key, nil
}
