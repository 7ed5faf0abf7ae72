package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"github.com/xuri/excelize/v2"

	"defendersync/internal/testing/simulator"
)

func TestColumnsAreChosenInEveryFormat(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	ask := []string{"report", "apps", "--top", "3", "--columns", "activeUsers, NAME"}
	csv := command(t, p.environ, nil, append(ask, "--output", "csv")...).ends(exitCompleted)
	rows := table(t, csv.out)
	if len(rows) != 3 || len(rows[0]) != 2 || rows[0]["name"] == "" || rows[0]["activeUsers"] == "" {
		t.Fatalf("CSV has %v", rows)
	}
	text := command(t, p.environ, nil, ask...).ends(exitCompleted)
	if titled := command(t, p.environ, nil, "report", "apps", "--top", "3", "--columns", "total active users,Name").ends(exitCompleted); titled.out != text.out {
		t.Errorf("by titles it prints\n%s", titled.out)
	}
	if !strings.HasPrefix(text.out, "Total active users  Name\n") || !strings.Contains(text.out, "  "+rows[0]["name"]+"\n") {
		t.Errorf("the table is\n%s", text.out)
	}
	file := filepath.Join(t.TempDir(), "apps.xlsx")
	command(t, p.environ, nil, append(ask, "--file", file)...).ends(exitCompleted)
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if cells, err := book.GetRows(book.GetSheetList()[0]); err != nil || len(cells) != 4 || len(cells[1]) != 2 || cells[1][1] != rows[0]["name"] {
		t.Errorf("the workbook has %v, %v", cells, err)
	}
}

func TestAColumnThatDoesNotExistIsNamedWithWhatMayBeMeantBeforeAnythingIsRead(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	for line, wants := range map[string][]string{
		"report users --all-apps --columns user,mail,nonsense": {`--columns "mail": did you mean email? use app, user, name, email`, `--columns "nonsense": use app, user`},
		"report websites --columns website,website":            {`--columns "website": it is listed twice`},
		"report apps --columns":                                {"--columns needs a value"},
		"report apps --columns=":                               {`--columns "": use name, category`},
	} {
		got := command(t, p.environ, nil, strings.Fields(line)...).ends(exitUsage).says(wants...)
		if got.out != "" {
			t.Errorf("%s prints %s", line, got.out)
		}
	}
}

func TestATerminalShowsTheColumnsThatFitAndSaysWhichDoNot(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	for _, width := range []int{80, 120, 200} {
		s := streams{environ: append([]string{"NO_COLOR=1"}, p.environ...), terminal: terminal{out: true, width: width}}
		got := runIn(t, t.Context(), s, "report", "users", "--all-apps").ends(exitCompleted)
		head, rest, _ := strings.Cut(got.out, "\n")
		if !strings.HasPrefix(head, "App ") || !strings.Contains(head, "  User ") || !strings.Contains(head, "  Activity") {
			t.Errorf("on a terminal of %d the columns are %s", width, head)
		}
		if left := strings.Contains(got.err, "no room for "); left != (width < 200) {
			t.Errorf("on a terminal of %d it says %s", width, got.err)
		}
		// The widths are those of the first rows; a few later ones have longer names.
		if n, all := strings.Count(rest, "…"), strings.Count(rest, "\n"); n > all/50 {
			t.Errorf("on a terminal of %d, %d names in %d rows are cut", width, n, all)
		}
		chosen := runIn(t, t.Context(), s, "report", "users", "--all-apps", "--columns", "app,user,email,lastActivity").ends(exitCompleted)
		if strings.Contains(chosen.err, "no room") || !strings.Contains(chosen.out, "Email") {
			t.Errorf("on a terminal of %d the columns that were chosen are not shown: %s%s", width, chosen.out[:200], chosen.err)
		}
	}
}

func TestEveryCommandThatWritesRowsTakesColumns(t *testing.T) {
	n := 0
	every(newApp(streams{}).Commands, nil, func(path []string, cmd *cli.Command) {
		names := map[string]bool{}
		for _, f := range cmd.Flags {
			names[f.Names()[0]] = true
		}
		switch strings.Join(path, " ") {
		case "workers", "check", "schedule show", "notifications list": // they print tables beside other text
			names["file"] = true
		}
		if names["file"] && names["output"] {
			n++
			if !names["columns"] {
				t.Errorf("%s has no --columns", strings.Join(path, " "))
			}
		}
	})
	if n < 12 {
		t.Errorf("only %d commands were looked at", n)
	}
}
