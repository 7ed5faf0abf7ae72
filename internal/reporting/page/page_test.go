package page

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// drawn tells of each canvas how many of its points are not blank.
const drawn = `Object.fromEntries([...document.querySelectorAll("canvas")].map(c => {
	const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
	let n = 0;
	for (let i = 3; i < d.length; i += 4) if (d[i]) n++;
	return [c.id, n];
}))`

// save writes the page of d to a file.
func save(t *testing.T, d Data) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Render(f, d); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPageInABrowserDrawsEveryChartAndAsksForNothing(t *testing.T) {
	b := startBrowser(t)
	pages := map[string]Data{"sample": sample(), "hostile": hostile(), "huge": huge()}
	for name, d := range pages {
		file := save(t, d)
		for _, look := range []struct {
			name          string
			width, height int
			scheme        string
		}{{"light", 1360, 900, "light"}, {"dark", 1360, 900, "dark"}, {"phone", 390, 844, "light"}, {"phone-dark", 390, 844, "dark"}} {
			b.look(look.width, look.height, look.scheme)
			b.open(file)
			var points map[string]int
			b.eval(drawn, &points)
			if len(points) != 10 {
				t.Errorf("%s, %s: %d charts, want 10: %v", name, look.name, len(points), points)
			}
			for id, n := range points {
				if n < 300 {
					t.Errorf("%s, %s: %s has drawn only %d points", name, look.name, id, n)
				}
			}
			var over int
			if b.eval("document.documentElement.scrollWidth - innerWidth", &over); over > 0 {
				t.Errorf("%s, %s: the page is %d points wider than the screen", name, look.name, over)
			}
			b.keep(name + "-" + look.name)
			if c := b.complaints(); len(c) > 0 {
				t.Errorf("%s, %s: %s", name, look.name, strings.Join(c, "\n"))
			}
		}
	}
}

func TestAnEmptyTenantsPageInABrowserSaysSoInEveryPanel(t *testing.T) {
	b := startBrowser(t)
	file := save(t, Data{Integration: "microsoft-defender", Generated: now})
	b.look(1360, 900, "light")
	b.open(file)
	var texts []string
	b.eval(`[...document.querySelectorAll(".panel")].map(p => p.innerText)`, &texts)
	if len(texts) != 9 || slices.ContainsFunc(texts, func(s string) bool { return strings.Count(s, "\n") == 0 }) {
		t.Errorf("panels: %q", texts)
	}
	b.keep("empty-light")
	b.look(390, 844, "dark")
	b.keep("empty-phone-dark")
	if c := b.complaints(); len(c) > 0 {
		t.Error(c)
	}
}
