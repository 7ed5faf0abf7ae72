package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFieldsComeInOrderAndAsOftenAsTheyAreThere(t *testing.T) {
	var got []string
	if !EachField([]byte(` { "a" : 1 , "b\u0041":"x,}", "a":{"c":[2]} } `), func(name, value []byte) {
		got = append(got, fmt.Sprintf("%s=%s", name, value))
	}) {
		t.Fatal("not taken for an object")
	}
	if want := `a=1 bA="x,}" a={"c":[2]}`; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestWalksCanBeNested(t *testing.T) {
	var got []string
	EachItem([]byte(`[{"a":[1,2]},{"b":[3]}]`), func(item []byte) {
		EachField(item, func(name, value []byte) {
			EachItem(value, func(inner []byte) { got = append(got, string(name)+string(inner)) })
		})
	})
	if strings.Join(got, " ") != "a1 a2 b3" {
		t.Error(got)
	}
}

func TestItemsEndAtTheFirstErrorOfTheirVisitor(t *testing.T) {
	stop, n := errors.New("stop"), 0
	if err := ReadItems([]byte(`[1,2,3`), func([]byte) error { n++; return stop }); err != stop || n != 1 {
		t.Errorf("%v after %d items", err, n)
	}
}

func TestWhatIsNoObjectAndNoListHasNoFieldsAndNoItems(t *testing.T) {
	for _, text := range []string{``, ` `, `1`, `"a"`, `null`, `{`, `[`, `{"a":1,}`, `[1,]`, `{} {}`, `[] []`} {
		if EachField([]byte(text), func(_, _ []byte) {}) {
			t.Errorf("%q passed for an object", text)
		}
		if EachItem([]byte(text), func([]byte) {}) {
			t.Errorf("%q passed for a list", text)
		}
	}
	for text, ends := range map[string]bool{``: true, `{"a":1`: true, `{"a":1} 2`: false, `{"a":1}}`: false} {
		if err := ReadFields([]byte(text), func(_, _ []byte) {}); err == nil || errors.Is(err, io.ErrUnexpectedEOF) != ends {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestOnlyAStringHasAText(t *testing.T) {
	for value, want := range map[string]string{`"a"`: "a", `""`: "", `"\u0061\n\"\\"`: "a\n\"\\", `"\ud83d\ude00"`: "😀", `"\ud800"`: "\ufffd", "\"\xff\"": "\ufffd"} {
		if got, ok := UnquoteText([]byte(value)); !ok || got != want {
			t.Errorf("%s: %q, %v", value, got, ok)
		}
	}
	for _, value := range []string{``, `1`, `null`, `{"a":"b"}`, `["a"]`} {
		if got, ok := UnquoteText([]byte(value)); ok || got != "" {
			t.Errorf("%s: %q", value, got)
		}
	}
}

// Objects and lists are to be what encoding/json sees in them.
func FuzzFieldsAndItemsAreThoseOfTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` { "a" : 1 , "b\u0041" : [ {"c":"]}\\\""} , 2.5e3 ] , "a" : null } `, `[[[]],{"x":{}},"\\",true]`, `"s"`, `1`,
		`{"data":[{"userName":"a\"b","lastSeen":1}],"hasNext":false}`, `{"\ud800":"\udead"}`, "{\"\xff\":\"\xfe\"}", `{`, `{} {}`, `{"a":1,}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if IsJSON(body) != json.Valid(body) {
			t.Fatalf("%q: JSON %v, want %v", body, IsJSON(body), json.Valid(body))
		}
		got := map[string]json.RawMessage{}
		isObject := EachField(body, func(name, value []byte) { got[string(name)] = value })
		var want map[string]json.RawMessage
		if known := json.Unmarshal(body, &want) == nil && want != nil; known != isObject {
			t.Fatalf("%q: object %v, want %v", body, isObject, known)
		}
		if isObject {
			compareFields(t, body, got, want)
		}
		var items []json.RawMessage
		isList := EachItem(body, func(item []byte) { items = append(items, item) })
		var wantItems []json.RawMessage
		if known := json.Unmarshal(body, &wantItems) == nil && wantItems != nil; known != isList || isList && len(items) != len(wantItems) {
			t.Fatalf("%q: list %v of %d, want %v of %d", body, isList, len(items), known, len(wantItems))
		}
		for i := range wantItems {
			if !bytes.Equal(items[i], wantItems[i]) {
				t.Errorf("%q: item %q, want %q", body, items[i], wantItems[i])
			}
		}
	})
}

func compareFields(t *testing.T, body []byte, got, want map[string]json.RawMessage) {
	t.Helper()
	if !utf8.Valid(body) {
		return // names differ in how many signs stand for broken bytes
	}
	if len(got) != len(want) {
		t.Fatalf("%q: fields %v, want %v", body, got, want)
	}
	for name, value := range want {
		if !bytes.Equal(got[name], value) {
			t.Errorf("%q: field %q is %q, want %q", body, name, got[name], value)
		}
		text, isText := UnquoteText(got[name])
		var std string
		if json.Unmarshal(value, &std) == nil && string(value) != "null" && (!isText || std != text) {
			t.Errorf("%q: string %q, want %q", body, text, std)
		}
	}
}
