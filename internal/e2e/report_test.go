package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

	"defendersync/internal/simulator"
)

// TestAReportsMemoryDoesNotGrowWithItsRows asks a tenant and one with thirty
// times its users, by a command in a process of its own.
func TestAReportsMemoryDoesNotGrowWithItsRows(t *testing.T) {
	peak := map[string][2]int64{}
	o := simulator.Options{Apps: 3_000, People: 12_000, Pairs: 10_000, Synced: true}
	b := newBench(t, o)
	for i := range 2 {
		if i == 1 {
			o.Pairs = 300_000
			b.Integration = server.NewIntegration(o)
			t.Cleanup(b.Close)
		}
		for _, name := range []string{"users.csv", "users.xlsx"} {
			file := filepath.Join(t.TempDir(), name)
			out := b.Do(b.ctx, "report", "users", "--all-apps", "--file", file)
			if out.Code != 0 {
				t.Fatalf("report users ended with %d: %s", out.Code, out.Err)
			}
			if want := b.Sim.Totals().Assignments; name == "users.csv" && lines(t, file) != want+1 {
				t.Errorf("%d lines, want a header and %d", lines(t, file), want)
			}
			p := peak[name]
			p[i] = out.Peak
			peak[name] = p
		}
		if n := b.Sim.Requests().Oomnitza.Requests; float64(n) > 2*1.05*float64(b.Sim.Totals().SaaS) {
			t.Errorf("two reports of %d apps took %d requests", b.Sim.Totals().SaaS, n)
		}
	}
	for name, p := range peak {
		// Rows of 300,000 pairs take 80 MB as values: held at once they would show.
		if p[1] > p[0]+50e6 || p[1] > 125e6 {
			t.Errorf("%s takes %d MB of memory at 10,000 pairs and %d MB at 300,000", name, p[0]/1e6, p[1]/1e6)
		}
		t.Logf("%s: %d MB, %d MB", name, p[0]/1e6, p[1]/1e6)
	}
}

// lines counts the lines of a file.
func lines(t *testing.T, path string) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		n++
	}
	return n
}
