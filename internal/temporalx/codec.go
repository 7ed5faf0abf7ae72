package temporalx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// The metadata of an encrypted payload, which is not encrypted. The names are those
// of Temporal's own samples, so that its tools recognise them.
const (
	encryptedEncoding = "binary/encrypted"
	metadataKeyID     = "encryption-key-id"
)

// Keyring is a payload codec. It encrypts with its first key by AES-256-GCM and
// decrypts with the key that the payload names. To rotate keys, put the new one
// first and remove the old one once no history needs it. Each payload has a random
// nonce, which limits a key to 2^32 payloads (NIST SP 800-38D).
//
// Decode passes payloads that are not encrypted through, so that encryption can be
// turned on while sessions run.
type Keyring struct {
	first string
	keys  map[string]cipher.AEAD
}

var _ converter.PayloadCodec = (*Keyring)(nil)

var keyIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ParseKeys reads keys separated by commas or white space. Each is the base64 of
// 32 random bytes, or id:base64. The id of a key without one is its fingerprint.
// Errors name a key's position, never its text.
func ParseKeys(text string) (*Keyring, error) {
	ring := &Keyring{keys: map[string]cipher.AEAD{}}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
	for i, field := range fields {
		id, key, err := parseKey(field)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(fields), err)
		}
		if _, twice := ring.keys[id]; twice {
			return nil, fmt.Errorf("key %d of %d: two keys have the id %s", i+1, len(fields), id)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(fields), err)
		}
		ring.keys[id], err = cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(fields), err)
		}
		if ring.first == "" {
			ring.first = id
		}
	}
	if ring.first == "" {
		return nil, errors.New("there is no key: make one with `openssl rand -base64 32`")
	}
	return ring, nil
}

// EncryptingKeyID returns the id of the key that encrypts, of a list as ParseKeys
// reads it, or "" if the list is empty or invalid.
func EncryptingKeyID(text string) string {
	ring, err := ParseKeys(text)
	if err != nil {
		return ""
	}
	return ring.first
}

// PayloadKeyID returns the id of the key that a payload is encrypted with, or "" if
// it is not encrypted.
func PayloadKeyID(p *commonpb.Payload) string {
	if string(p.GetMetadata()[converter.MetadataEncoding]) != encryptedEncoding {
		return ""
	}
	return string(p.GetMetadata()[metadataKeyID])
}

func parseKey(field string) (id string, key []byte, err error) {
	id, text, named := strings.Cut(field, ":")
	if !named {
		id, text = "", field
	}
	text = strings.TrimRight(text, "=")
	key, err = base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		key, err = base64.RawURLEncoding.DecodeString(text)
	}
	if err != nil || len(key) != 32 {
		return "", nil, errors.New("not the base64 of 32 bytes: make one with `openssl rand -base64 32`")
	}
	if !named {
		sum := sha256.Sum256(append([]byte("defendersync key id\x00"), key...))
		return hex.EncodeToString(sum[:4]), key, nil
	}
	if !keyIDPattern.MatchString(id) {
		return "", nil, errors.New("use up to 64 letters, digits, dots, dashes and underscores for the id")
	}
	return id, key, nil
}

// Encode encrypts payloads with the first key.
func (k *Keyring) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	aead := k.keys[k.first]
	for i, p := range payloads {
		clear, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encrypt a payload: %w", err)
		}
		sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(clear)+aead.Overhead())
		if _, err := rand.Read(sealed); err != nil {
			return nil, fmt.Errorf("encrypt a payload: %w", err)
		}
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encryptedEncoding),
				metadataKeyID:              []byte(k.first),
			},
			Data: aead.Seal(sealed, sealed, clear, []byte(k.first)),
		}
	}
	return out, nil
}

// Decode decrypts payloads with whichever key of the ring they name.
func (k *Keyring) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encryptedEncoding {
			out[i] = p
			continue
		}
		clear, err := k.decryptPayload(p)
		if err != nil {
			return nil, err
		}
		out[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(clear, out[i]); err != nil {
			return nil, fmt.Errorf("decrypt a payload: %w", err)
		}
	}
	return out, nil
}

func (k *Keyring) decryptPayload(p *commonpb.Payload) ([]byte, error) {
	id := string(p.GetMetadata()[metadataKeyID])
	aead, ok := k.keys[id]
	if !ok {
		return nil, fmt.Errorf("decrypt a payload: PAYLOAD_ENCRYPTION_KEY has no key with id %q: add the key that encrypted it", id)
	}
	if len(p.Data) < aead.NonceSize() {
		return nil, errors.New("decrypt a payload: it is truncated")
	}
	nonce, sealed := p.Data[:aead.NonceSize()], p.Data[aead.NonceSize():]
	clear, err := aead.Open(nil, nonce, sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("decrypt a payload with key %s: the payload was altered, or another key has the same id: %w", id, err)
	}
	return clear, nil
}
