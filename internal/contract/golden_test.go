package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// golden is what a file holds of a type: all keys and, by the zero value, which
// of them are always there.
type golden struct {
	Filled any `json:"filled"`
	Zero   any `json:"zero"`
}

// changed is what to do about a difference.
const changed = "\nHistories, memos and schedules hold this. See the package comment for what may change and how; " +
	"if it is meant, run\n\tgo test ./internal/contract -update\nand review the difference in testdata."

// TestJSONOfEveryTypeIsPinned compares a filled and a zero value of each type with its
// file in testdata, and reads the filled one back.
func TestJSONOfEveryTypeIsPinned(t *testing.T) {
	for _, typ := range structs() {
		t.Run(typ.Name(), func(t *testing.T) {
			v := fillValue(typ)
			if zero := findZero(v, typ.Name()); zero != "" {
				t.Fatalf("%s is not filled", zero)
			}
			want, err := json.MarshalIndent(golden{v.Interface(), reflect.Zero(typ).Interface()}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			file := goldenFile(typ)
			compareFile(t, file, append(want, '\n'))
			var held struct{ Filled, Zero json.RawMessage }
			if err := json.Unmarshal(readFile(t, file), &held); err != nil {
				t.Fatal(err)
			}
			back := reflect.New(typ)
			if err := json.Unmarshal(held.Filled, back.Interface()); err != nil {
				t.Fatalf("%s can't be read: %v%s", file, err, changed)
			}
			if !reflect.DeepEqual(back.Elem().Interface(), v.Interface()) {
				t.Errorf("%s is read as\n%+v\nand was written of\n%+v%s", file, back.Elem(), v, changed)
			}
		})
	}
}

// TestNoFileIsLeftOver finds files of types that are no more. What histories
// hold of them must still be readable.
func TestNoFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.ContainsFunc(structs(), func(typ reflect.Type) bool { return goldenFile(typ) == file }) {
			t.Errorf("%s is of no type in the package%s", file, changed)
		}
	}
}

func goldenFile(t reflect.Type) string { return filepath.Join("testdata", t.Name()+".json") }

// compareFile compares a file with what it should hold, or writes that.
func compareFile(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := readFile(t, file); !bytes.Equal(got, want) {
		t.Errorf("%s differs.\n%s%s", file, firstDifference(string(got), string(want)), changed)
	}
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v%s", err, changed)
	}
	return b
}

// firstDifference shows the first line that differs.
func firstDifference(file, now string) string {
	a, b := strings.Split(file, "\n"), strings.Split(now, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "file: " + a[i] + "\nnow:  " + b[i]
		}
	}
	return "one is longer"
}
