package query

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// The import of SaaS users takes CSV, XLS or XLSX files for one app, with a
// header: Email is required, Roles and Last activity are optional. The person
// must exist and be active; a blank role takes away the one there is; a date is
// written as the tenant's preference has it [DOC HC:4680404695959].
var importHeader = []string{"Email", "Roles", "Last activity"}

// dateLayouts are the ways to write a date. Which one a tenant takes is its
// preference; that the first is usual is seen in a filter's example, BETWEEN
// 01/01/2010 AND 01/02/2020 [INF from DOC HC:6515498409879].
func dateLayouts() []struct{ name, layout string } {
	return []struct{ name, layout string }{
		{"MM/DD/YYYY", "01/02/2006"}, {"DD/MM/YYYY", "02/01/2006"}, {"YYYY-MM-DD", time.DateOnly},
	}
}

// DateFormats are the names of the ways to write a date, the usual one first.
func DateFormats() (names []string) {
	for _, d := range dateLayouts() {
		names = append(names, d.name)
	}
	return names
}

// ImportOptions say which users are written into import files, and where.
type ImportOptions struct {
	UsersOptions
	Folder     string // new, empty, or one that Import has written
	DateFormat string // one of DateFormats; "": the first
}

// Imported is what came of an app.
type Imported struct {
	App            string
	File           string // in the folder; "" when nobody could be written
	Users          int    // written
	Live           int    // of those, with a last activity from Defender
	NoEmail        int    // left out, since the import goes by email address
	NoLastActivity int    // left out, since there is nothing to import
	Unsafe         int    // left out, since a spreadsheet would take the text for a formula
	Suspended      int    // written, though they may not log in
	Absent         int    // whom Defender lists, but who aren't assigned in Oomnitza
	Unread         bool   // Defender does not tell the app's users
}

// Import is what was written.
type Import struct {
	Apps  []Imported // by name
	Files int
	Rows  int
	at    time.Time
	facts []sheet.Fact
}

// WriteImport writes an import file for each app that has users with a last
// activity. The folder changes as a whole, at the end, or not at all. With
// Live, what Oomnitza does not keep is read from Defender, mapped to people by
// the rules that a session goes by.
func (s Source) WriteImport(ctx context.Context, o ImportOptions) (Import, error) {
	if err := o.Validate(); err != nil {
		return Import{}, err
	}
	layout, _ := layoutOf(o.DateFormat)
	o.strict = true // a folder that lacks an app's file would take an earlier one away
	p, err := o.makePlan(s)
	if err != nil {
		return Import{}, err
	}
	folder, err := createFolder(o.Folder)
	if err != nil {
		return Import{}, err
	}
	defer folder.discard()
	out := Import{at: s.now(), facts: s.aboutFacts(append(p.listFacts(s), sheet.Fact{Name: "Folder", Value: o.Folder})...)}
	apps, err := s.readUsers(ctx, p)
	if err != nil {
		return Import{}, err
	}
	for got, err := range apps {
		if err != nil {
			return Import{}, err
		}
		one, err := folder.writeApp(got, layout)
		if err != nil {
			return Import{}, err
		}
		out.Apps = append(out.Apps, one)
		out.Rows += one.Users
		if one.File != "" {
			out.Files++
		}
	}
	if out.Files == 0 {
		return out, nil
	}
	if err := ctx.Err(); err != nil {
		return Import{}, err
	}
	if err := folder.writeManifest(out); err != nil {
		return Import{}, err
	}
	return out, folder.commit()
}

// Validate finds everything that is wrong with the options: OptionErrors, or
// nil.
func (o ImportOptions) Validate() error {
	var wrong OptionErrors
	if err, ok := errors.AsType[OptionErrors](o.UsersOptions.Validate()); ok {
		wrong = err
	}
	_, known := layoutOf(o.DateFormat)
	wrong.addIf(!known, "date-format", o.DateFormat, "use "+strings.Join(DateFormats(), ", "))
	return wrong.orNil()
}

// layoutOf is Go's layout of a date format; "" stands for the first format.
func layoutOf(format string) (string, bool) {
	if format == "" {
		return dateLayouts()[0].layout, true
	}
	for _, d := range dateLayouts() {
		if strings.EqualFold(d.name, format) {
			return d.layout, true
		}
	}
	return "", false
}

// importRow is a line of an import file.
type importRow struct {
	email, roles string
	last         time.Time
}

// writeApp writes an app's file.
func (f *folder) writeApp(got AppUsers, layout string) (Imported, error) {
	one := Imported{App: got.App.Name, Absent: got.Absent, Unread: got.Unread}
	rows := one.chooseUsers(got.Users)
	if one.Users = len(rows); one.Users == 0 {
		return one, nil
	}
	one.File = f.nameFor(got.App)
	file, err := os.OpenFile(filepath.Join(f.temp, one.File), os.O_WRONLY|os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return one, f.wrapError(err)
	}
	defer file.Close()
	w := csv.NewWriter(file)
	_ = w.Write(importHeader) // an error stays until Flush
	for _, r := range rows {
		_ = w.Write([]string{r.email, r.roles, r.last.UTC().Format(layout)})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return one, f.wrapError(err)
	}
	if err := file.Close(); err != nil {
		return one, f.wrapError(err)
	}
	return one, nil
}

// chooseUsers picks the users whom a file can hold, one line for an email address,
// and counts the others.
func (one *Imported) chooseUsers(users []User) []importRow {
	at := map[string]int{}
	var rows []importRow
	for _, u := range users {
		switch {
		case u.Email == "":
			one.NoEmail++
			continue
		case u.LastActivity.IsZero():
			one.NoLastActivity++
			continue
		case sheet.IsFormula(u.Email) || sheet.IsFormula(u.AppRole):
			// An apostrophe can't make it harmless here: the import would take
			// that for a part of the address.
			one.Unsafe++
			continue
		}
		if u.Suspended {
			one.Suspended++
		}
		if u.Live {
			one.Live++
		}
		key := saas.Fold(u.Email)
		if i, twice := at[key]; twice {
			if u.LastActivity.After(rows[i].last) {
				rows[i].last = u.LastActivity
			}
			continue
		}
		at[key] = len(rows)
		rows = append(rows, importRow{u.Email, u.AppRole, u.LastActivity})
	}
	slices.SortFunc(rows, func(a, b importRow) int { return compareText(a.email, b.email) })
	return rows
}

// ListNotes are what the operator should know before importing.
func (i Import) ListNotes() []string {
	var sum Imported
	unread := 0
	for _, one := range i.Apps {
		sum.NoEmail += one.NoEmail
		sum.NoLastActivity += one.NoLastActivity
		sum.Unsafe += one.Unsafe
		sum.Suspended += one.Suspended
		sum.Absent += one.Absent
		sum.Live += one.Live
		if one.Unread {
			unread++
		}
	}
	var notes []string
	add := func(n int, what, text string) {
		if n > 0 {
			notes = append(notes, countNoun(n, what)+" "+text)
		}
	}
	add(sum.Live, "last activity", "read live from Defender")
	add(sum.NoLastActivity, "user", "left out without a known last activity")
	add(sum.NoEmail, "user", "left out without an email address, which the import goes by")
	add(sum.Unsafe, "user", "left out whose email address or role a spreadsheet would take for a formula")
	add(sum.Suspended, "user", "who may not log in to Oomnitza; its import takes active people only and may refuse their lines")
	add(sum.Absent, "user", "whom Defender lists, but who are not assigned in Oomnitza yet: the next session takes them over")
	add(unread, "app", "whose users Defender does not tell, so what Oomnitza does not keep of them stays unknown")
	return notes
}

// countNoun counts things: 1 user, 2 users, 2 last activities.
func countNoun(n int, what string) string {
	switch stem, y := strings.CutSuffix(what, "y"); {
	case n == 1:
	case y:
		what = stem + "ies"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// String says what was written.
func (i Import) String() string {
	return countNoun(i.Rows, "user") + " of " + countNoun(i.Files, "app")
}

// AsSheet lists the files, for sheet.Run.
func (i Import) AsSheet() (sheet.Sheet, Rows) {
	columns := []column[Imported]{
		{"app", "App", sheet.Text, 36, func(o Imported) any { return o.App }},
		{"file", "File", sheet.Text, 40, func(o Imported) any { return o.File }},
		{"users", "Users", sheet.Number, 0, func(o Imported) any { return o.Users }},
		{"live", "From Defender", sheet.Number, 0, func(o Imported) any { return o.Live }},
		{"leftOut", "Left out", sheet.Number, 0, func(o Imported) any { return o.NoEmail + o.NoLastActivity + o.Unsafe }},
	}
	return sheetOf("Import files", columns, i.facts), rowsOf(columns, func() ([]Imported, error) {
		if i.Files == 0 {
			return nil, nil
		}
		return i.Apps, nil
	})
}
