package temporalx

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

func keyText(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func mustParse(t testing.TB, text string) *Keyring {
	t.Helper()
	ring, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestEncryptionComesBackAndShowsNothing(t *testing.T) {
	ring := mustParse(t, keyText(1))
	in := []*commonpb.Payload{
		{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"alice@contoso.com"`)}, {}, {Data: make([]byte, 100_000)},
	}
	sealed, err := ring.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ring.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		text, err := proto.Marshal(sealed[i])
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("alice")) || bytes.Contains(text, []byte("json/plain")) {
			t.Errorf("payload %d shows: %q", i, text)
		}
		if bytes.Equal(sealed[i].Data, again[i].Data) {
			t.Errorf("payload %d is sealed the same way twice", i)
		}
	}
	out, err := ring.Decode(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range in {
		if !proto.Equal(in[i], out[i]) {
			t.Errorf("payload %d came back as %v", i, out[i])
		}
	}
}

func TestKeysRotate(t *testing.T) {
	old, both, other := mustParse(t, keyText(1)), mustParse(t, "new:"+keyText(2)+", "+keyText(1)), mustParse(t, "new:"+keyText(2))
	sealed, err := old.Encode([]*commonpb.Payload{{Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := both.Decode(sealed); err != nil || string(out[0].Data) != "x" {
		t.Errorf("with the old key behind the new one: %v, %v", out, err)
	}
	if _, err := other.Decode(sealed); err == nil || !strings.Contains(err.Error(), "PAYLOAD_ENCRYPTION_KEY") {
		t.Errorf("without the old key: %v", err)
	}
	sealed, err = both.Encode([]*commonpb.Payload{{Data: []byte("y")}})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := other.Decode(sealed); err != nil || string(out[0].Data) != "y" {
		t.Errorf("the first key encrypts: %v, %v", out, err)
	}
}

func TestWhatWasNotEncryptedIsLeftAlone(t *testing.T) {
	in := []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte("{}")}, nil}
	out, err := mustParse(t, keyText(1)).Decode(in)
	if err != nil || !proto.Equal(in[0], out[0]) || out[1] != nil {
		t.Errorf("%v, %v", out, err)
	}
}

func TestAChangedPayloadIsRefused(t *testing.T) {
	ring := mustParse(t, "a:"+keyText(1)+",b:"+keyText(1))
	for name, change := range map[string]func(*commonpb.Payload){
		"a changed byte":         func(p *commonpb.Payload) { p.Data[20] ^= 1 },
		"cut off":                func(p *commonpb.Payload) { p.Data = p.Data[:8] },
		"cut off after nonce":    func(p *commonpb.Payload) { p.Data = p.Data[:12] },
		"another key's id":       func(p *commonpb.Payload) { p.Metadata[metadataKeyID] = []byte("b") },
		"no id":                  func(p *commonpb.Payload) { delete(p.Metadata, metadataKeyID) },
		"an id that is not ours": func(p *commonpb.Payload) { p.Metadata[metadataKeyID] = []byte("\xff") },
	} {
		sealed, err := ring.Encode([]*commonpb.Payload{{Data: []byte("some text")}})
		if err != nil {
			t.Fatal(err)
		}
		change(sealed[0])
		if out, err := ring.Decode(sealed); err == nil {
			t.Errorf("%s: taken for %v", name, out)
		}
	}
}

func TestParseKeysSaysWhatIsWrongAndNeverTheKey(t *testing.T) {
	good := keyText(7)
	for text, want := range map[string]string{
		"":                                   "openssl rand",
		" , ":                                "no key",
		"s3cret":                             "key 1 of 1: not the base64",
		good + ",c2hvcnQ=":                   "key 2 of 2: not the base64",
		good + "," + good:                    "two keys have the id",
		"a:" + good + ",a:" + keyText(8):     "two keys have the id a",
		"a b:" + good:                        "key 1 of 2",
		"a/b:" + good:                        "letters, digits, dots, dashes and underscores for the id",
		strings.Repeat("i", 65) + ":" + good: "letters, digits, dots, dashes and underscores for the id",
	} {
		_, err := ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), good[:8]) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the key shows: %v", err)
		}
	}
	raw := strings.TrimRight(base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32)), "=")
	if mustParse(t, raw).first != mustParse(t, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))).first {
		t.Error("the two base64 alphabets give two keys")
	}
}

func TestAClientWithAKeyEncryptsErrorsToo(t *testing.T) {
	options, err := clientOptions(Options{EncryptionKeys: keyText(1), Environ: []string{"TEMPORAL_CONFIG_FILE=/nowhere/none.toml"}})
	if err != nil {
		t.Fatal(err)
	}
	failure := options.FailureConverter.ErrorToFailure(errors.New("alice@contoso.com was refused"))
	text, err := proto.Marshal(failure)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("alice")) {
		t.Errorf("the error shows: %s", text)
	}
	if back := options.FailureConverter.FailureToError(failure); !strings.Contains(back.Error(), "alice@contoso.com was refused") {
		t.Errorf("the error came back as %v", back)
	}
	payload, err := options.DataConverter.ToPayload("alice@contoso.com")
	if err != nil || bytes.Contains(payload.Data, []byte("alice")) {
		t.Errorf("payload %v, %v", payload, err)
	}
	plain, err := clientOptions(Options{Environ: []string{"TEMPORAL_CONFIG_FILE=/nowhere/none.toml"}})
	if err != nil || plain.DataConverter != nil || plain.FailureConverter != nil {
		t.Errorf("without a key: %+v, %v", plain, err)
	}
}

func FuzzDecode(f *testing.F) {
	ring := mustParse(f, "a:"+keyText(1))
	sealed, err := ring.Encode([]*commonpb.Payload{{Data: []byte("x")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("a"), sealed[0].Data)
	f.Add([]byte("b"), []byte("short"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, id, data []byte) {
		out, err := ring.Decode([]*commonpb.Payload{{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encryptedEncoding), metadataKeyID: id}, Data: data,
		}})
		// Every fuzzing process seals a seed of its own, so its text is what
		// tells a seed from a forgery.
		if err == nil && (string(id) != "a" || string(out[0].Data) != "x") {
			t.Errorf("forged: %v", out)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	for _, s := range []string{keyText(1), "a:" + keyText(1), ",", ":", "a:b:c", keyText(1) + "\n" + keyText(2)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := ParseKeys(text)
		if err != nil {
			return
		}
		sealed, err := ring.Encode([]*commonpb.Payload{{Data: []byte("x")}})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := ring.Decode(sealed); err != nil || string(out[0].Data) != "x" {
			t.Errorf("%v, %v", out, err)
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	ring := mustParse(b, keyText(1))
	in := []*commonpb.Payload{{Data: make([]byte, 4096)}}
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := ring.Encode(in)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ring.Decode(sealed); err != nil {
			b.Fatal(err)
		}
	}
}
