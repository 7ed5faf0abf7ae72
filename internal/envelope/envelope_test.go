package envelope

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// noon is a time with a fraction of a second, in a zone of its own.
var noon = time.Date(2026, 11, 27, 13, 0, 0, 123456789, time.FixedZone("CET", 3600))

func TestADocumentBeginsWithWhatItIs(t *testing.T) {
	type thing struct {
		Name  string  `json:"name"`
		Ended Time    `json:"ended,omitzero"`
		Took  Seconds `json:"tookSeconds"`
	}
	h := Head{Kind: "sessions.show", GeneratedAt: noon, Integration: "hr", Fields: []Field{{"code", 1}}}
	for want, write := range map[string]func(io.Writer) error{
		"{\n  \"kind\": \"sessions.show\",\n  \"version\": 1,\n  \"generatedAt\": \"2026-11-27T12:00:00Z\",\n  \"integration\": \"hr\",\n  \"code\": 1,\n" +
			"  \"data\": {\n    \"name\": \"<a & b>\",\n    \"tookSeconds\": 97.939\n  }\n}\n": func(w io.Writer) error {
			return Write(w, h, thing{Name: "<a & b>", Took: Seconds(97939459216)})
		},
		`{"kind":"watch","version":2,"generatedAt":"2026-11-27T12:00:00Z","data":{"name":"","ended":"2026-11-27T12:00:00Z","tookSeconds":0}}` + "\n": func(w io.Writer) error {
			return WriteLine(w, Head{Kind: "watch", Version: 2, GeneratedAt: noon}, thing{Ended: At(noon)})
		},
		"{\n  \"kind\": \"check\",\n  \"version\": 1,\n  \"generatedAt\": \"2026-11-27T12:00:00Z\",\n  \"data\": [\n    1,\n    2\n  ],\n  \"count\": 2\n}\n": func(w io.Writer) error {
			return WriteList(w, Head{Kind: "check", GeneratedAt: noon}, []int{1, 2})
		},
		"{\n  \"kind\": \"check\",\n  \"version\": 1,\n  \"generatedAt\": \"2026-11-27T12:00:00Z\",\n  \"data\": [],\n  \"count\": 0\n}\n": func(w io.Writer) error {
			return WriteList[string](w, Head{Kind: "check", GeneratedAt: noon}, nil)
		},
	} {
		var out strings.Builder
		if err := write(&out); err != nil || out.String() != want {
			t.Errorf("got %s (%v), want %s", &out, err, want)
		}
	}
}

func TestAListIsWrittenRowByRowAndIsNoJSONUntilItsEnd(t *testing.T) {
	for _, rows := range [][]string{nil, {"1"}, {`{"a":1}`, `{"a":2}`}} {
		var out strings.Builder
		l, err := NewList(&out, Head{Kind: "report.apps", GeneratedAt: noon})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := l.EndRow(append(l.BeginRow(), row...)); err != nil {
				t.Fatal(err)
			}
		}
		_ = l.out.Flush()
		if json.Valid([]byte(out.String())) {
			t.Errorf("valid before its end: %s", &out)
		}
		if err := errors.Join(l.Close(), l.Close()); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Data  []json.RawMessage
			Count int
		}
		if err := json.Unmarshal([]byte(out.String()), &doc); err != nil || len(doc.Data) != len(rows) || doc.Count != len(rows) {
			t.Errorf("%v: %s", err, &out)
		}
	}
	var out strings.Builder
	l, err := NewList(&out, Head{})
	if err != nil {
		t.Fatal(err)
	}
	l.Discard()
	if err := l.Close(); err != nil || json.Valid([]byte(out.String())) {
		t.Errorf("a document that was discarded is complete: %v, %s", err, &out)
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	broken := errors.New("disk full")
	full := iotest.ErrReader(broken)
	w := writerFunc(func(p []byte) (int, error) { return full.Read(p) })
	h := Head{Kind: "check"}
	l, err := NewList(w, h)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"document": Write(w, h, 1), "line": WriteLine(w, h, 1), "list": WriteList(w, h, []int{1}), "rows": l.Close(),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	odd := Head{Fields: []Field{{"odd", func() {}}}}
	_, listed := NewList(io.Discard, odd)
	for name, err := range map[string]error{
		"document": Write(io.Discard, h, func() {}), "line": WriteLine(io.Discard, odd, 1), "list": WriteList(io.Discard, odd, []int{1}), "rows": listed,
	} {
		if e, ok := errors.AsType[*json.UnsupportedTypeError](err); !ok {
			t.Errorf("%s with a function: %v", name, e)
		}
	}
}

func TestTimesAndDurationsComeBack(t *testing.T) {
	for _, d := range []time.Duration{0, 8900 * time.Millisecond, -time.Second, 90 * 24 * time.Hour, 97*time.Second + 939*time.Millisecond} {
		text, err := json.Marshal(Seconds(d))
		var back Seconds
		if err = errors.Join(err, json.Unmarshal(text, &back)); err != nil || time.Duration(back) != d {
			t.Errorf("%s is %s, and then %s (%v)", d, text, time.Duration(back), err)
		}
	}
	var s Seconds
	if err := json.Unmarshal([]byte(`"8.9s"`), &s); err == nil {
		t.Error("a text is taken for seconds")
	}
	text, err := json.Marshal([]Time{At(noon), {}})
	var back []Time
	if err = errors.Join(err, json.Unmarshal(text, &back)); err != nil || string(text) != `["2026-11-27T12:00:00Z",null]` {
		t.Fatalf("%s, %v", text, err)
	}
	if !back[0].Equal(noon.Truncate(time.Second)) || !back[1].IsZero() {
		t.Errorf("they come back as %v", back)
	}
}

// writerFunc is a function that writes.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
