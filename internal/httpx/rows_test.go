package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
)

func TestAPageHoldsWhatWasAskedForAndALittleMore(t *testing.T) {
	list := func(rows int, row string) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + "]")
	}
	long := `"` + strings.Repeat("a", MaxRow-2) + `"`
	for name, tc := range map[string]struct {
		list []byte
		rows int // -1: it is too long
	}{
		"none":                    {[]byte("[]"), 0},
		"as many":                 {list(100, `{"a":[1,2,3],"b":"x,y"}`), 100},
		"as many as may be":       {list(200, `{}`), 200},
		"more":                    {list(201, `{}`), -1},
		"a row as long as may be": {list(1, long), 1},
		"a row that is too long":  {list(1, long+" \n"), 1},
		"a row of a byte more":    {list(1, long[:MaxRow-1]+`a"`), -1},
		"the last one too long":   {[]byte("[1,2," + strings.Repeat("1", MaxRow+1) + "]"), -1},
	} {
		rows, err := SplitRows(tc.list, 100, 200)
		if tc.rows < 0 {
			if !errors.Is(err, ErrTooLong) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || len(rows) != tc.rows {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
}

func TestWhatIsNoListIsNotSplit(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`: "object", `"a"`: "string", `1`: "number", `null`: "null", `true`: "bool", `false`: "bool",
	} {
		var shape ShapeError
		if _, err := SplitRows([]byte(text), 1, 1); !errors.As(err, &shape) || !strings.Contains(err.Error(), "a JSON "+want+" where") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{``, `[`, `[1`, `[1,`, `["\`, `tru`} {
		if _, err := SplitRows([]byte(text), 9, 9); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, want that it ends too early", text, err)
		}
	}
	for _, text := range []string{`]`, `[}`, `[1}`, `[1,,2]`, `[1 2]`, `[a]`, `[] []`, `[],`, `<`} {
		var syntax *jsontext.SyntacticError
		if _, err := SplitRows([]byte(text), 9, 9); !errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, want that it is no JSON", text, err)
		}
	}
}

// FuzzSplitRows sees to it that a list is taken exactly when it has no more rows
// than it may have, whatever stands in them, and that its rows are those that
// encoding/json sees.
func FuzzSplitRows(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,2,3]`, `[[1,2],{"a":",]"}]`, `["\"",1]`, `{"a":[1,2]}`, `[`, `"\`, ` [ 1 , {} ] `, `[1,2,3,4]`, `[1,2,3,4`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		rows, err := SplitRows(list, 1, 3)
		var want []json.RawMessage
		if json.Unmarshal(list, &want) != nil || want == nil {
			if err == nil {
				t.Errorf("%q passed for a list", list)
			}
			return
		}
		if (err == nil) != (len(want) <= 3) {
			t.Fatalf("%q, %d rows: %v", list, len(want), err)
		}
		for i, row := range rows {
			if !bytes.Equal(row, want[i]) {
				t.Errorf("%q: row %d is %q", list, i, row)
			}
		}
	})
}

// FuzzRows sees to it that a list that is read as it comes is the same as one
// that is read whole.
func FuzzRows(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,2,3] rest`, ` [ {"a":"]"} , [[]] ] `, `["a`, `{"a":1}`, `null`, `[1,,2]`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got [][]byte
		rows := NewRows(iotest.OneByteReader(bytes.NewReader(body)))
		var err error
		for err == nil {
			var row []byte
			if row, err = rows.NextRow(); err == nil {
				got = append(got, bytes.Clone(row))
			}
		}
		var want []json.RawMessage
		first := json.NewDecoder(bytes.NewReader(body)).Decode(&want)
		if isList := first == nil && want != nil; (err == io.EOF) != isList {
			t.Fatalf("%q: %v, want the list %v (%v)", body, err, isList, first)
		}
		if err != io.EOF {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d rows, want %d", body, len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%q: row %d is %q", body, i, got[i])
			}
		}
	})
}

func TestABodyThatBreaksOffSaysSoInItsOwnWords(t *testing.T) {
	broken := errors.New("connection reset")
	rows := NewRows(io.MultiReader(strings.NewReader(`[{"a":1},{"b`), iotest.ErrReader(broken)))
	if row, err := rows.NextRow(); err != nil || string(row) != `{"a":1}` {
		t.Fatal(string(row), err)
	}
	if _, err := rows.NextRow(); err != broken {
		t.Errorf("%v, want the body's own error", err)
	}
}

func TestWhatCameInPlaceOfAListCanBeRead(t *testing.T) {
	rows := NewRows(strings.NewReader(` {"errors": ["withdrawn"]} `))
	var shape ShapeError
	if _, err := rows.NextRow(); !errors.As(err, &shape) || shape.Kind != jsontext.KindBeginObject {
		t.Fatal(err)
	}
	if value, err := rows.ReadValue(); err != nil || string(value) != `{"errors": ["withdrawn"]}` {
		t.Error(string(value), err)
	}
}

func TestAListThatIsReadAsItArrivesHasABoundOfRows(t *testing.T) {
	rows := NewRows(strings.NewReader(`[1,2]`))
	rows.rows = MaxStreamRows - 1
	if row, err := rows.NextRow(); err != nil || string(row) != "1" {
		t.Fatalf("the last row that may be: %s, %v", row, err)
	}
	if _, err := rows.NextRow(); err != ErrTooLong {
		t.Errorf("%v, want that it is too long", err)
	}
}

func TestOfABodyNoMoreIsReadThanIsAllowed(t *testing.T) {
	rest := strings.NewReader("abcdef")
	r := &boundedReader{body: iotest.OneByteReader(rest), allowed: 4}
	got, err := io.ReadAll(r)
	if string(got) != "abcd" || err != ErrTooLong || rest.Len() != 2 {
		t.Errorf("%q, %v, %d bytes are left", got, err, rest.Len())
	}
}

func TestARowMayBeAsLongAsItIsAllowed(t *testing.T) {
	row := `"` + strings.Repeat("a", MaxRow/2) + `"`
	rows := NewRows(strings.NewReader("[1," + row + "," + row + "," + strings.Repeat("1", 2*MaxRow) + "]"))
	for i := range 3 {
		if _, err := rows.NextRow(); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	if _, err := rows.NextRow(); err != ErrTooLong {
		t.Errorf("%v, want that it is too long", err)
	}
}
