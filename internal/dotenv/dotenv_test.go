package dotenv

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// written writes a file of settings.
func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readVars reads a file as a map.
func readVars(path string) (map[string]string, error) {
	settings, err := ReadFile(path)
	vars := map[string]string{}
	for _, s := range settings {
		vars[s.Name] = s.Value
	}
	return vars, err
}

func TestReadFileTakesWhatEditorsAndShellsMake(t *testing.T) {
	for content, want := range map[string]string{
		"A=b":                              "b",
		"A=b\n":                            "b",
		"A=b\r\nB=c\r\n":                   "b",
		"A=b\rB=c\r":                       "b",
		"\ufeffA=b\n":                      "b",
		"\ufeff# ours\r\nexport A=b\r\n":   "b",
		"export\tA=b":                      "b",
		" A = b \n":                        "b",
		"A=":                               "",
		"A=\nB=c":                          "",
		"A=every 24h":                      "every 24h",
		"A=every 24h # by default":         "every 24h",
		"A=b#c":                            "b#c",
		"A=#nothing":                       "",
		"A='b # c'":                        "b # c",
		"A='b' # c":                        "b",
		"A=\"b # c\" # d":                  "b # c",
		"A='b\nc'\nB=d":                    "b\nc",
		`A="b\nc"`:                         "b\nc",
		`A="b\"c\\d\$e"`:                   `b"c\d$e`,
		`A="CONTOSO\ann"`:                  `CONTOSO\ann`,
		`A=CONTOSO\ann`:                    `CONTOSO\ann`,
		`A=ADM\*,"Doe, John*"`:             `ADM\*,"Doe, John*"`,
		`A='o'\''neil'`:                    "o'neil",
		`A='$B ${B} $(B) "x"'`:             `$B ${B} $(B) "x"`,
		"B=c\nA=$B-${B}-$(x)-$-$b-$1":      "c-c-$(x)-$-$b-$1",
		"A=p=q==":                          "p=q==",
		`A='"Yahoo!, Inc."=30d,Slack=14d'`: `"Yahoo!, Inc."=30d,Slack=14d`,
		`A=Slack=14d,"Yahoo!, Inc."=30d`:   `Slack=14d,"Yahoo!, Inc."=30d`,
		`A="\"Yahoo!, Inc.\"=30d"`:         `"Yahoo!, Inc."=30d`,
		"A=äöü €\n":                        "äöü €",
	} {
		vars, err := readVars(written(t, content))
		if err != nil || vars["A"] != want {
			t.Errorf("%q is read as %q, %v; want %q", content, vars["A"], err, want)
		}
	}
}

// TestNoErrorShowsAValue has a token in everything that can be wrong.
func TestNoErrorShowsAValue(t *testing.T) {
	utf16 := func(mark string, order int) string {
		out := mark
		for _, r := range "API_KEY=s3cret\n" {
			pair := [2]string{string(r), "\x00"}
			out += pair[order] + pair[1-order]
		}
		return out
	}
	for content, want := range map[string]string{
		utf16("\xff\xfe", 0):                             "it is UTF-16 text: save it as UTF-8",
		utf16("\xfe\xff", 1):                             "it is UTF-16 text: save it as UTF-8",
		utf16("", 0):                                     "it is not UTF-8 text",
		"API_KEY=s3cret\x00":                             "it is not UTF-8 text",
		"API_KEY=s3cret\xe4":                             "it is not UTF-8 text",
		"A=b\ns3cret":                                    "line 2 is no setting: use NAME=value",
		"A=b\n\n# c\ns3cret-s3cret==":                    "line 4 is no setting",
		"API_KEY: s3cret":                                "line 1 is no setting",
		"\ufeff\ufeffAPI_KEY=s3cret":                     "line 1 is no setting",
		"s3cret token=x":                                 "line 1 is no setting",
		"A='b\nc'\nAPI_KEY='s3cret\nB=c\n":               "line 3, API_KEY: its quote is not closed",
		`API_KEY="s3cret`:                                "line 1, API_KEY: its quote is not closed",
		"API_KEY='s3'cret":                               "line 1, API_KEY: the value goes on after its closing quote",
		`API_KEY="s3cret, Inc."=30d,Slack=14d`:           "line 1, API_KEY: the value goes on after its closing quote: put all of it between single quotes",
		"API_KEY=s3cret$S3CRET":                          "line 1, API_KEY: what its $ names does not stand before it",
		`API_KEY="s3cret${S3CRET}"`:                      "line 1, API_KEY: what its $ names",
		"API_KEY=s3cret\nB=c\nAPI_KEY=s3cret2\n":         "line 3, API_KEY: it is there twice, on line 1 too",
		"API_KEY=" + strings.Repeat("s3cret", maxSize/6): "has more than",
	} {
		path := written(t, content)
		_, err := readVars(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%.60q: %v, want %q", content, err, want)
			continue
		}
		if text := strings.ReplaceAll(err.Error(), path, ""); regexp.MustCompile(`(?i)s3|cret|Inc`).MatchString(text) {
			t.Errorf("a value shows: %v", err)
		}
	}
	if _, err := readVars(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	_, err := readVars(written(t, "no setting\nA='b'c\nB=d\nB=e\n"))
	if err == nil || strings.Count(err.Error(), "line ") != 4 {
		t.Errorf("not all is told: %v", err)
	}
}

// TestTheExamplesOfQuotesReadAsInAShell takes the lines of .env.example that
// show how to quote, and compares what we read with what a shell does.
func TestTheExamplesOfQuotesReadAsInAShell(t *testing.T) {
	example, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^# {5}(INTEGRATION_APP_THRESHOLDS=.*)$`).FindSubmatch(example)
	if m == nil {
		t.Fatal("the example shows no quotes")
	}
	for _, line := range []string{
		string(m[1]), `A='o'\''neil, "x"' # c`, `A="a\"b\\c\$d" # e`, "A='p$X'\\''#q'", "A='two\nlines'", `A='b'"c d"`, "export A=b",
		`INTEGRATION_SCHEDULE="every 24h"`, "A=a#b", "A=b # c",
	} {
		path := written(t, line+"\n")
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		shell, err := exec.Command("sh", "-c", ". "+path+`; printf %s "$`+name+`"`).Output()
		vars, ours := readVars(path)
		if err != nil || ours != nil || vars[name] != string(shell) {
			t.Errorf("%s: we read %q (%v), a shell %q (%v)", line, vars[name], ours, shell, err)
		}
	}
	if want := `"Yahoo!, Inc."=30d,Slack=14d`; !strings.Contains(string(m[1]), want) {
		t.Errorf("the example is %s", m[1])
	}
}

func TestASettingKnowsItsLines(t *testing.T) {
	got, problems := Parse([]byte("\ufeff# first\r\nA=b # c\r\n\r\nexport B='x\ny'\nC=$A\n"))
	want := []Setting{{"A", "b", 2, 2}, {"B", "x\ny", 4, 5}, {"C", "b", 6, 6}}
	if !slices.Equal(got, want) || problems != nil {
		t.Errorf("%+v, %q", got, problems)
	}
}

func TestAFileThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.env")
	if _, err := ReadFile(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

// TestAQuotedValueReadsBack: what is written is read as it was by us and by a shell.
func TestAQuotedValueReadsBack(t *testing.T) {
	for _, value := range []string{"", "b", "every 24h", "o'neil", `"Yahoo!, Inc."=30d`, "a#b", "# c", "$A ${A} `x`", `CONTOSO\ann`, "a\nb", " x ", "äöü", "'", "~", "*", "a;b&c|d"} {
		path := written(t, "A="+QuoteValue(value)+"\nB=c\n")
		vars, err := readVars(path)
		shell, shErr := exec.Command("sh", "-c", ". "+path+`; printf %s "$A"`).Output()
		if err != nil || shErr != nil || vars["A"] != value || vars["B"] != "c" || string(shell) != value {
			t.Errorf("%q is written as %s and read as %q (%v), by a shell as %q (%v)", value, QuoteValue(value), vars["A"], err, shell, shErr)
		}
	}
}

// TestTheParserIsTheOneOfTheLocalRun: see the package's comment.
func TestTheParserIsTheOneOfTheLocalRun(t *testing.T) {
	ours, err := os.ReadFile("dotenv.go")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile("../../deployments/local/dotenv/dotenv.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(ours) != string(theirs) {
		t.Error("internal/dotenv/dotenv.go and deployments/local/dotenv/dotenv.go differ: copy the one that is right over the other")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"A='b'", "A=\"b\\", "A='", "export A=$B\n", "\ufeffA=b\r\n", "A='b'\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		vars, problems := Parse([]byte(content))
		for _, s := range vars {
			if !settingName.MatchString(s.Name) {
				t.Errorf("%q has a setting %q", content, s.Name)
			}
		}
		if len(content) > 0 && len(vars) == 0 && len(problems) == 0 && strings.Contains(content, "=") && !strings.Contains(content, "#") {
			t.Errorf("%q is passed over in silence", content)
		}
	})
}
