package sessions

import (
	"errors"
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// ErrKey means that something in Temporal is encrypted with a key that this process
// does not have. It names the setting to correct.
var ErrKey = errors.New("PAYLOAD_ENCRYPTION_KEY must be the same as the workers' of this integration")

func isKeyError(err error) bool { return errors.Is(err, ErrKey) }

// ExplainDecoding adds ErrKey to an error of decoding if encryption is the reason, and
// returns any other error as it is. what names the thing that was decoded: "its
// result".
func ExplainDecoding(what string, err error) error {
	if err == nil || isKeyError(err) || !isEncryptionError(err) {
		return err
	}
	return fmt.Errorf("cannot read %s: %w: %w", what, ErrKey, err)
}

// isEncryptionError reports whether an error of the SDK or of our codec means that a
// payload could not be decrypted. Where the SDK wraps errors without their type, only
// the text tells.
func isEncryptionError(err error) bool {
	text := err.Error()
	return errors.Is(err, converter.ErrEncodingIsNotSupported) || errors.Is(err, converter.ErrMetadataIsNotSet) ||
		strings.Contains(text, "encoding") || strings.Contains(text, "decrypt a payload")
}

// decode decodes payloads in order. what names them for ErrKey.
func (r Reader) decode(what string, p *commonpb.Payloads, into ...any) error {
	return ExplainDecoding(what, r.dataConverter().FromPayloads(p, into...))
}

// decodeOne decodes a single payload.
func (r Reader) decodeOne(what string, p *commonpb.Payload, into any) error {
	return ExplainDecoding(what, r.dataConverter().FromPayload(p, into))
}
