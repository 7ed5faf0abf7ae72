package sheet

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"
	"time"
)

// accounts is the sheet of the measurements: eight columns.
func accounts() Sheet {
	return Sheet{Title: "Users of all apps", Columns: []Column{
		{Key: "app", Title: "App"}, {Key: "user", Title: "User"}, {Key: "name", Title: "Name"}, {Key: "role", Title: "Role"},
		{Key: "lastActivity", Title: "Last activity", Kind: Time}, {Key: "active", Title: "Active", Kind: Bool},
		{Key: "uploaded", Title: "Uploaded", Kind: Number}, {Key: "website", Title: "Website", Kind: Link},
	}}
}

// manyAccounts yields n rows of eight values, no two rows alike.
func manyAccounts(n int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range n {
			app := fmt.Sprintf("Application %05d", i/32)
			row := Row{app, fmt.Sprintf("user.%06d@example.com", i), fmt.Sprintf("Person Nº %d", i), "User",
				eight.Add(-time.Duration(i) * time.Minute), i%3 > 0, i * 1024, "https://app" + app[12:] + ".example.com"}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func BenchmarkAHundredThousandRows(b *testing.B) {
	const rows = 100_000
	for _, f := range everyFormat {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			var most uint64
			for b.Loop() {
				n, err := WriteRows(b.Context(), manyAccounts(rows), Destination{Out: io.Discard}, f, accounts(),
					Options{Width: 120, TempDir: b.TempDir()}, highest(&most))
				if err != nil || n != rows {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(most)/(1<<20), "MB-heap")
		})
	}
}

// highest notes, every ten thousand rows, the most of heap that
// is in use.
func highest(most *uint64) func(int) {
	return func(n int) {
		if n%10_000 != 0 {
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		*most = max(*most, m.HeapInuse)
	}
}

// TestAHundredThousandRowsTakeConstantMemory compares what is in use, garbage
// apart, when a tenth of the rows has been written and when all have.
func TestAHundredThousandRowsTakeConstantMemory(t *testing.T) {
	// A workbook's rows are kept in memory up to 16 MB, in a buffer that doubles.
	limits := map[Format]int64{Table: 2 << 20, JSON: 2 << 20, CSV: 2 << 20, XLSX: 40 << 20}
	for f, limit := range limits {
		before, most := inUse(), int64(0)
		look := func(n int) {
			if n%20_000 == 0 {
				most = max(most, inUse()-before)
			}
		}
		// What is put together in the end counts too.
		last := &meter{out: io.Discard, every: 1 << 20, look: func() { most = max(most, inUse()-before) }}
		n, err := WriteRows(t.Context(), manyAccounts(100_000), Destination{Out: last}, f, accounts(), Options{TempDir: t.TempDir(), Width: 120}, look)
		if err != nil || n != 100_000 {
			t.Fatalf("%s: %d rows, %v", f, n, err)
		}
		if last.bytes < 2<<20 {
			t.Errorf("%s: only %d bytes", f, last.bytes)
		}
		t.Logf("%s: %.1f MB written, %.1f MB of heap at most", f, float64(last.bytes)/(1<<20), float64(most)/(1<<20))
		if most > limit {
			t.Errorf("%s took %d MB of heap, more than %d", f, most>>20, limit>>20)
		}
	}
}

// inUse is what of the heap is in use, garbage apart.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// meter counts what goes through it, and looks every so many bytes.
type meter struct {
	out                io.Writer
	bytes, next, every int64
	look               func()
}

func (m *meter) Write(p []byte) (int, error) {
	m.bytes += int64(len(p))
	if m.bytes >= m.next {
		m.next += m.every
		m.look()
	}
	return m.out.Write(p)
}
