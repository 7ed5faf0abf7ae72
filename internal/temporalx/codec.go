package temporalx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"defendersync/internal/config"
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

// ParseKeys makes a keyring of keys as config.ParsePayloadKeys reads them.
func ParseKeys(text string) (*Keyring, error) {
	keys, err := config.ParsePayloadKeys(text)
	if err != nil {
		return nil, err
	}
	ring := &Keyring{first: keys[0].ID, keys: map[string]cipher.AEAD{}}
	for _, key := range keys {
		block, err := aes.NewCipher(key.Key[:])
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", key.ID, err)
		}
		if ring.keys[key.ID], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("key %s: %w", key.ID, err)
		}
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
