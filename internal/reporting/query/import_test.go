package query

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"defendersync/internal/testing/simulator"
)

// readFiles reads the import files of a folder: for each app, the lines by
// folded email address.
func readFiles(t *testing.T, folder string) map[string]map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string][]string{}
	for _, f := range m.Files {
		file, err := os.Open(filepath.Join(folder, f.File))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil || len(lines) != f.Users+1 || !slices.Equal(lines[0], []string{"Email", "Roles", "Last activity"}) {
			t.Fatalf("%s: %d lines, %v, want %d and a header: %q", f.File, len(lines), err, f.Users, lines[0])
		}
		out[f.App] = map[string][]string{}
		for _, line := range lines[1:] {
			out[f.App][strings.ToLower(line[0])] = line
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(m.Files)+1 {
		t.Errorf("the folder holds %d entries, %v; the manifest knows %d files", len(entries), err, len(m.Files))
	}
	return out
}

func TestImportFilesHoldWhatDefenderKnowsWhereOomnitzaKeepsNothing(t *testing.T) {
	r := newRig(t, forgetful())
	folder := filepath.Join(t.TempDir(), "import")
	done, err := r.WriteImport(t.Context(), ImportOptions{
		UsersOptions: UsersOptions{AllApps: true, Live: true, CreatedBy: r.sim.Options().TokenUser}, Folder: folder, DateFormat: "yyyy-mm-dd"})
	if err != nil {
		t.Fatal(err)
	}
	files := readFiles(t, folder)
	rows := 0
	for app, lines := range files {
		want := r.visits(r.held.SaaS[app].LinkKey)
		rows += len(lines)
		for email, line := range lines {
			if last := want[email].UTC().Format(time.DateOnly); line[2] != last {
				t.Errorf("%s: %s has %s, want %s", app, email, line[2], last)
			}
		}
		if len(lines) != len(want) {
			t.Errorf("%s has %d lines, want %d", app, len(lines), len(want))
		}
	}
	if rows != done.Rows || len(files) != done.Files || rows < 1000 {
		t.Errorf("%d rows in %d files are told, there are %d in %d", done.Rows, done.Files, rows, len(files))
	}
	r.clean()
}

func TestImportFilesKeepTheRolesThatThereAre(t *testing.T) {
	r := newRig(t, several())
	folder := filepath.Join(t.TempDir(), "import")
	if _, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: folder}); err != nil {
		t.Fatal(err)
	}
	files, roles := readFiles(t, folder), 0
	for app, users := range r.users(UsersOptions{AllApps: true}) {
		for _, u := range users {
			line := files[app][strings.ToLower(u.Email)]
			if len(line) != 3 || line[1] != u.AppRole || line[2] != u.LastActivity.UTC().Format("01/02/2006") {
				t.Errorf("%s: %q for %+v", app, line, u)
			}
			if u.AppRole != "" {
				roles++
			}
		}
	}
	if roles == 0 {
		t.Error("nobody has a role")
	}
}

func TestWhoCannotBeImportedIsLeftOutAndCounted(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var one Imported
	rows := one.chooseUsers([]User{
		{Email: "b@example.com", LastActivity: at, Live: true, Suspended: true},
		{Email: "A@example.com", LastActivity: at, AppRole: "Admin"},
		{Email: "a@example.com", LastActivity: at.Add(time.Hour)},
		{Username: "no.email", LastActivity: at},
		{Email: "c@example.com"},
		{Email: `=cmd|' /C calc'!A0@example.com`, LastActivity: at},
		{Email: "d@example.com", AppRole: "@SUM(1)", LastActivity: at},
	})
	want := []importRow{{"A@example.com", "Admin", at.Add(time.Hour)}, {"b@example.com", "", at}}
	if !slices.Equal(rows, want) {
		t.Errorf("got %+v, want %+v", rows, want)
	}
	if one.NoEmail != 1 || one.NoLastActivity != 1 || one.Unsafe != 2 || one.Suspended != 1 || one.Live != 1 {
		t.Errorf("counted %+v", one)
	}
	notes := strings.Join(Import{Apps: []Imported{one, {Absent: 4, Unread: true}}}.ListNotes(), "\n")
	for _, part := range []string{"1 user excluded: no email address", "1 user excluded: no last activity is known", "2 users excluded: a spreadsheet", "1 user included who can't log in",
		"4 users listed by Defender but not assigned", "1 app whose users", "1 last activity read live"} {
		if !strings.Contains(notes, part) {
			t.Errorf("no note says %q:\n%s", part, notes)
		}
	}
}

func TestAFolderThatIsNotOursStaysAsItIs(t *testing.T) {
	r := newRig(t, several())
	tests := []struct {
		name  string
		lay   func(folder string) error
		wants string
	}{
		{"a file of that name", func(f string) error { return os.WriteFile(f, []byte("precious"), 0o600) }, "it is a file"},
		{"a folder with other files", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(filepath.Join(f, "thesis.txt"), []byte("precious"), 0o600))
		}, "has other content"},
		{"another program's manifest", func(f string) error {
			return errors.Join(os.Mkdir(f, 0o700), os.WriteFile(filepath.Join(f, manifestName), []byte(`{"tool": "other"}`), 0o600))
		}, "was not written by defendersync"},
		{"ours, with a file put into it", func(f string) error {
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: f})
			return errors.Join(err, os.WriteFile(filepath.Join(f, "thesis.txt"), []byte("precious"), 0o600))
		}, `also has "thesis.txt"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			folder := filepath.Join(parent, "import")
			if err := tt.lay(folder); err != nil {
				t.Fatal(err)
			}
			before := tree(t, parent)
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: r.mostUsed()}, Folder: folder})
			if option, ok := errors.AsType[*OptionError](err); !ok || option.Option != "import-file" || !strings.Contains(err.Error(), tt.wants) {
				t.Errorf("got %v, want an error that says %q", err, tt.wants)
			}
			if after := tree(t, parent); !maps.Equal(after, before) {
				t.Errorf("the folder changed: %v", slices.Sorted(maps.Keys(after)))
			}
		})
	}
}

// tree is all files below a folder with their contents.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			out[path] = "folder"
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOurOwnFolderIsReplacedAsAWhole(t *testing.T) {
	r := newRig(t, several())
	parent := t.TempDir()
	folder := filepath.Join(parent, "import")
	for _, o := range []UsersOptions{{AllApps: true}, {App: r.mostUsed()}} {
		if _, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: o, Folder: folder}); err != nil {
			t.Fatal(err)
		}
	}
	if files := readFiles(t, folder); len(files) != 1 {
		t.Errorf("%d files are left, want the one of the second time", len(files))
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("beside the folder there is something left: %v, %v", entries, err)
	}
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: r.mostUsed()}, Folder: empty}); err != nil {
		t.Errorf("an empty folder is not taken: %v", err)
	}
}

func TestImportFilesAreForTheirOwnerAlone(t *testing.T) {
	r := newRig(t, several())
	shared := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]os.FileMode{filepath.Join(t.TempDir(), "new"): 0o700, shared: 0o755} {
		if _, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: r.mostUsed()}, Folder: folder}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", folder, info.Mode(), err, want)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 2 {
			t.Fatalf("%v, %v", entries, err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
			}
		}
	}
}

func TestAnImportThatEndsEarlyLeavesNothing(t *testing.T) {
	tests := []struct {
		name string
		run  func(r *rig, folder string) error
	}{
		{"interrupted", func(r *rig, folder string) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.Step = func(what string, done, _ int) {
				if what == "apps read" && done == 5 {
					cancel()
				}
			}
			_, err := r.WriteImport(ctx, ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: folder})
			return err
		}},
		{"the token expires in the middle", func(r *rig, folder string) error {
			r.sim.SetFaults(simulator.Faults{Oomnitza: simulator.PeerFaults{ExpireTokenAfter: 20}})
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: folder})
			return err
		}},
		{"no app of that name", func(r *rig, folder string) error {
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: "nothing like it"}, Folder: folder})
			return err
		}},
		{"a date format that there is not", func(r *rig, folder string) error {
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: folder, DateFormat: "DD.MM."})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			if err := tt.run(newRig(t, several()), filepath.Join(parent, "import")); err == nil {
				t.Error("there is no error")
			}
			if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestNothingToImportMakesNoFolder(t *testing.T) {
	r := newRig(t, forgetful())
	folder := filepath.Join(t.TempDir(), "import")
	done, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: r.mostUsed()}, Folder: folder})
	if _, there := os.Stat(folder); err != nil || done.Rows != 0 || !errors.Is(there, os.ErrNotExist) {
		t.Errorf("%d rows, %v; the folder: %v", done.Rows, err, there)
	}
	if notes := done.ListNotes(); len(notes) == 0 || !strings.Contains(notes[0], "excluded: no last activity is known") {
		t.Errorf("notes %q", notes)
	}
}

func TestFileNamesSuitEveryFileSystem(t *testing.T) {
	for name, want := range map[string]string{
		"Dropbox": "Dropbox", "H&M": "H&M", "AC/DC: the \\ site?": "AC_DC_ the _ site_", "../../etc/passwd": "_.._etc_passwd",
		"con": "_con", "Com1.app": "_Com1.app", "COMA": "COMA", " . ": "_", "": "_", "Größe 日本": "Größe 日本", "a\x00b\n": "a_b_", "trailing.": "trailing",
	} {
		if got := safeName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	safe := func(name string) bool {
		got := safeName(name)
		return got != "" && len(got) <= maxName+1 && utf8.ValidString(got) && !strings.ContainsAny(got, "/\\:*?\"<>|\x00\n") && got[0] != '.' && !strings.HasSuffix(got, " ")
	}
	if err := quick.Check(safe, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
	f := &folder{taken: map[string]bool{}}
	names := map[string]bool{}
	for i, app := range []string{"A/B", "A:B", "a?b", "A_B"} {
		names[strings.ToLower(f.nameFor(AppRef{ID: string(rune('1' + i)), Name: app}))] = true
	}
	if len(names) != 4 {
		t.Errorf("apps share a file: %v", names)
	}
}
