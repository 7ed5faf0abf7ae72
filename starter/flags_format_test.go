package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFormatIsThatOfOutputOrElseOfTheFile(t *testing.T) {
	for name, tc := range map[string]struct {
		args string // FILE/ stands for a folder of the test's
		file string // that is written; "": standard output
		as   string // format that it has
	}{
		"nothing is asked for":       {"", "", "table"},
		"CSV":                        {"--output csv", "", "csv"},
		"JSON":                       {"-o json", "", "json"},
		"a file of a table":          {"--file FILE/a.txt", "a.txt", "table"},
		"a file of CSV":              {"--file FILE/a.csv", "a.csv", "csv"},
		"a file in capitals":         {"--file FILE/A.CSV", "A.CSV", "csv"},
		"a file of JSON":             {"--file FILE/a.json", "a.json", "json"},
		"a workbook":                 {"--file FILE/a.xlsx", "a.xlsx", "xlsx"},
		"a file of another format":   {"--file FILE/a.txt --output csv", "a.txt", "csv"},
		"a file without extension":   {"--file FILE/a --output json", "a", "json"},
		"standard output, as a file": {"--file - --output csv", "", "csv"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			args := strings.Fields("config show --set " + strings.ReplaceAll(tc.args, "FILE/", folder+"/"))
			got := command(t, []string{"INTEGRATION_NAME=hr"}, nil, args...).ends(exitCompleted)
			text := []byte(got.out)
			if tc.file != "" {
				if got.out != "" {
					t.Errorf("it prints %s", got.out)
				}
				var err error
				if text, err = os.ReadFile(filepath.Join(folder, tc.file)); err != nil {
					t.Fatal(err)
				}
				got.says("wrote ", " rows to "+filepath.Join(folder, tc.file))
			}
			if as := formatOf(text); as != tc.as {
				t.Errorf("it writes %s, not %s: %.80q", as, tc.as, text)
			}
		})
	}
}

// formatOf tells by its beginning in which format a text is.
func formatOf(text []byte) string {
	for format, begins := range map[string]string{"csv": "setting,value,state,", "json": `{"kind":`, "xlsx": "PK\x03\x04", "table": "Setting  "} {
		if bytes.HasPrefix(text, []byte(begins)) {
			return format
		}
	}
	return "no format"
}

func TestAFormatOrAFileThatCannotBeWrittenIsRefusedAndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"--output yaml":                    {exitUsage, `--output "yaml": use `},
		"--file FILE/a.pdf":                {exitUsage, `--file "a.pdf" has no known extension: add --output table, `},
		"--file FILE/a":                    {exitUsage, `--file "a" has no known extension`},
		"--file FILE/a.html":               {exitUsage, `--file "a.html" has no known extension`},
		"--file FILE/nowhere/a.csv":        {exitFailed, "nowhere"},
		"--columns setting,rank":           {exitUsage, `--columns "rank"`},
		"--columns state,state":            {exitUsage, `--columns "state"`},
		"--columns= --file FILE/a.csv":     {exitUsage, "--columns"},
		"--columns stat --file FILE/a.csv": {exitUsage, "state"},
	} {
		got := command(t, nil, nil, strings.Fields("config show "+strings.ReplaceAll(args, "FILE/", folder+"/"))...)
		if got.code != want.code || !strings.Contains(got.err, want.says) || got.out != "" {
			t.Errorf("%s ends with %d, says %q and prints %q", args, got.code, got.err, got.out)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left is %v, %v", left, err)
	}
}
