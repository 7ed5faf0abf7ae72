package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// numbered yields n rows, and calls at before each.
func numbered(n int, at func(i int)) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		row := make(Row, 6) // the same one over and over, as a source may
		for i := range n {
			if at != nil {
				at(i)
			}
			copy(row, Row{fmt.Sprintf("App %d", i), i, eight, eight, "https://app.example", i%2 == 0})
			if !yield(row, nil) {
				return
			}
		}
	}
}

var everyFormat = []Format{Table, JSON, CSV, XLSX}

func TestRowsGoIntoAFileInEveryFormat(t *testing.T) {
	for _, f := range everyFormat {
		dir := t.TempDir()
		path := filepath.Join(dir, "apps."+string(f))
		var told []int
		n, err := WriteRows(t.Context(), numbered(2500, nil), Destination{File: path}, f, apps(),
			Options{TempDir: t.TempDir(), Width: 20, Color: true}, func(n int) { told = append(told, n) })
		if err != nil || n != 2500 {
			t.Fatalf("%s: %d rows, %v", f, n, err)
		}
		if !slices.Equal(told, []int{1000, 2000, 2500}) {
			t.Errorf("%s: progress %v", f, told)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if f == Table && strings.ContainsAny(string(content), "\x1b…") {
			t.Error("a table in a file is made for a terminal")
		}
		if f != XLSX && (!strings.Contains(string(content), "App 0") || !strings.Contains(string(content), "App 2499")) {
			t.Errorf("%s lacks rows", f)
		}
		onlyFile(t, dir, filepath.Base(path))
	}
}

// onlyFile fails the test when there is any other file in dir; "": any.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("%s is left", e.Name())
		}
	}
	if name != "" && len(entries) == 0 {
		t.Errorf("there is no %s", name)
	}
}

func TestAnErrorAmongTheRowsLeavesNoFile(t *testing.T) {
	broken := errors.New("Oomnitza answered 500")
	for _, f := range everyFormat {
		dir, temp := t.TempDir(), t.TempDir()
		n, err := WriteRows(t.Context(), each(someApps(), broken), Destination{File: filepath.Join(dir, "apps")}, f, apps(), Options{TempDir: temp}, nil)
		if !errors.Is(err, broken) || n != 2 {
			t.Errorf("%s: %d rows, %v", f, n, err)
		}
		onlyFile(t, dir, "")
		onlyFile(t, temp, "")
	}
}

func TestAnErrorKeepsTheFileThatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "apps.csv")
	if err := os.WriteFile(path, []byte("yesterday"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteRows(t.Context(), each(nil, errors.New("broken")), Destination{File: path}, CSV, apps(), Options{}, nil); err == nil {
		t.Fatal("no error")
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "yesterday" {
		t.Errorf("the file is now %q, %v", content, err)
	}
}

func TestAnInterruptLeavesNoFile(t *testing.T) {
	for _, f := range everyFormat {
		dir, temp := t.TempDir(), t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		rows := numbered(5000, func(i int) {
			if i == 1234 {
				cancel()
			}
		})
		n, err := WriteRows(ctx, rows, Destination{File: filepath.Join(dir, "apps")}, f, apps(), Options{TempDir: temp}, nil)
		if !errors.Is(err, context.Canceled) || n != 1234 || err.Error() != "stopped after 1,234 rows: context canceled" {
			t.Errorf("%s: %d rows, %v", f, n, err)
		}
		onlyFile(t, dir, "")
		onlyFile(t, temp, "")
	}
}

func TestAnInterruptAfterTheLastRowLeavesNoFile(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	rows := func(yield func(Row, error) bool) {
		numbered(400, nil)(yield)
		cancel()
	}
	n, err := WriteRows(ctx, rows, Destination{File: filepath.Join(dir, "apps.xlsx")}, XLSX, apps(), Options{TempDir: temp}, nil)
	if !errors.Is(err, context.Canceled) || n != 400 {
		t.Errorf("%d rows, %v", n, err)
	}
	onlyFile(t, dir, "")
	onlyFile(t, temp, "")
}

func TestWritingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	w, err := NewWriter(XLSX, untilDone{ctx, &out}, apps(), Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Close(); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("%d bytes written, %v", out.Len(), err)
	}
}

func TestWhatWasInterruptedOnTheWayOutIsNoJSON(t *testing.T) {
	var out strings.Builder
	if _, err := WriteRows(t.Context(), each(someApps(), errors.New("broken")), Destination{Out: &out}, JSON, apps(), Options{}, nil); err == nil {
		t.Fatal("no error")
	}
	if json.Valid([]byte(out.String())) {
		t.Errorf("half an answer can be read as a whole one: %s", out.String())
	}
}

func TestRowsGoOutWithoutAFile(t *testing.T) {
	for _, file := range []string{"", "-"} {
		var out strings.Builder
		n, err := WriteRows(t.Context(), each(someApps(), nil), Destination{Out: &out, Terminal: true, File: file}, CSV, apps(), Options{}, nil)
		if err != nil || n != 2 || strings.Count(out.String(), "\r\n") != 3 {
			t.Errorf("--file %q: %d rows, %q, %v", file, n, out.String(), err)
		}
	}
}

func TestAWorkbookIsNotPouredOnATerminal(t *testing.T) {
	var out strings.Builder
	_, err := WriteRows(t.Context(), each(someApps(), nil), Destination{Out: &out, Terminal: true}, XLSX, apps(), Options{}, nil)
	if err == nil || !strings.Contains(err.Error(), "--file") || out.Len() > 0 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

func TestAFullDiskIsToldOf(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	for _, f := range everyFormat {
		_, err := WriteRows(t.Context(), numbered(2000, nil), Destination{File: "/dev/full"}, f, apps(), Options{TempDir: t.TempDir()}, nil)
		if err == nil || !strings.Contains(err.Error(), "/dev/full: no space left on device") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestRowsThatDoNotFitTheirColumnsAreAnError(t *testing.T) {
	for name, c := range map[string]struct {
		row  Row
		want string
	}{
		"too few values":  {Row{"a"}, "1 values for 6 columns"},
		"an unknown type": {Row{"a", []int{1}, nil, nil, nil, nil}, "column users: can't write a value of type []int"},
	} {
		for _, f := range everyFormat {
			var out strings.Builder
			_, err := WriteRows(t.Context(), each([]Row{c.row}, nil), Destination{Out: &out}, f, apps(), Options{TempDir: t.TempDir()}, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v", name, f, err)
			}
		}
	}
}

func TestFormatsAreReadByName(t *testing.T) {
	for name, want := range map[string]Format{"table": Table, " JSON ": JSON, "csv": CSV, "Xlsx": XLSX, "pdf": "", "": ""} {
		f, err := ParseFormat(name)
		if f != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", name, f, err)
		}
	}
	if _, err := ParseFormat("pdf"); err == nil || !strings.Contains(err.Error(), `"pdf": use table, json, csv or xlsx`) {
		t.Errorf("got %v", err)
	}
	for path, want := range map[string]Format{"a.CSV": CSV, "b/c.json": JSON, "x.xlsx": XLSX, "x.txt": Table, "x.pdf": "", "csv": ""} {
		if f, ok := FormatOfFile(path); f != want || ok != (want != "") {
			t.Errorf("%s is %q, %v", path, f, ok)
		}
	}
	if _, err := NewWriter("pdf", nil, apps(), Options{}); err == nil {
		t.Error("a writer for pdf")
	}
	if _, err := NewWriter(CSV, nil, Sheet{Title: "Apps"}, Options{}); err == nil {
		t.Error("a writer for no columns")
	}
}
