package sheet

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// office converts a document by LibreOffice, and gives the folder of what came
// out. Without LibreOffice the test is skipped.
func office(t *testing.T, document, to string) string {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice isn't installed: ", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "report.xlsx")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	// A profile of its own: one that is in use makes soffice do nothing.
	cmd := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--headless", "--norestore", "--convert-to", to, "--outdir", dir, path)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		if exec.CommandContext(t.Context(), soffice, "--version").Run() != nil {
			t.Skipf("LibreOffice doesn't run on this machine: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// TestLibreOfficeReadsTheWorkbook has every sheet converted to CSV: as stored,
// not as shown, which tells a date from a text that looks like one.
func TestLibreOfficeReadsTheWorkbook(t *testing.T) {
	risky := "=HYPERLINK(\"http://evil.example\",\"click\")"
	rows := append(someApps(), Row{risky, -3, eight.Add(time.Second), nil, "line\nbreak", nil})
	document := written(t, XLSX, apps(), Options{TempDir: t.TempDir(), Location: berlin(t)}, rows...)
	// Token 8 false: values as stored, dates in ISO form; token 12 -1: every
	// sheet. https://wiki.documentfoundation.org/Documentation/DevGuide/Spreadsheet_Documents#Filter_Options_for_the_CSV_Filter
	dir := office(t, document, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1")
	for sheet, want := range map[string][][]string{
		"Apps": {
			{"Name", "Users", "Last activity", "First seen", "Website", "Sanctioned"},
			{"Slack", "1200", "2026-07-24 10:00:00", "2026-07-24", "https://slack.com", "yes"},
			{"Ünïcødé 東京", "7.5", "", "", "", "no"},
			{risky, "-3", "2026-07-24 10:00:01", "", "line\nbreak", ""},
		},
		"About": {{"Report", "Apps"}, {"Asked", "report apps --top 2"}, {"When", "2026-07-24 10:00"}, {"Rows", "3"}, {"Time zone", "Europe/Berlin"}},
	} {
		content, err := os.ReadFile(filepath.Join(dir, "report-"+sheet+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff")))
		got, err := r.ReadAll()
		if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: got %q, %v, want %q", sheet, got, err, want)
		}
	}
}

// TestLibreOfficePrintsTheWorkbook looks at the pages as a reader would:
// REPORT_PICTURES names a folder that they are left in.
func TestLibreOfficePrintsTheWorkbook(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var out strings.Builder
	s := accounts()
	s.About = apps().About
	if _, err := WriteRows(t.Context(), manyAccounts(120), Destination{Out: &out}, XLSX, s, Options{TempDir: t.TempDir()}, nil); err != nil {
		t.Fatal(err)
	}
	dir := office(t, out.String(), "pdf")
	if keep := os.Getenv("REPORT_PICTURES"); keep != "" {
		if err := os.CopyFS(filepath.Join(keep, "report"), os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	pdftotext, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext isn't installed: ", err)
	}
	text, err := exec.CommandContext(t.Context(), pdftotext, "-layout", filepath.Join(dir, "report.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	if len(pages) < 3 {
		t.Fatalf("%d pages: %s", len(pages), text)
	}
	for i, page := range pages[:len(pages)-1] {
		if !strings.Contains(page, "Last activity") || strings.Contains(page, "###") {
			t.Errorf("page %d has no header, or a value that doesn't fit: %s", i+1, page)
		}
	}
	if about := pages[len(pages)-1]; !strings.Contains(about, "report apps --top 2") {
		t.Errorf("the last page says nothing of what was asked: %s", about)
	}
}
