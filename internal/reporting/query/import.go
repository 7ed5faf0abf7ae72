package query

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// Oomnitza's import of SaaS users accepts CSV, XLS or XLSX files for one app, with a
// header: Email is required, Roles and Last activity are optional. The person must
// exist and be active; a blank role removes an existing one; the format of dates is
// a preference of the tenant [DOC HC:4680404695959].
var importHeader = []string{"Email", "Roles", "Last activity"}

// dateLayouts returns the formats of dates that a tenant may prefer. The first is the
// usual one, by the example of a filter: BETWEEN 01/01/2010 AND 01/02/2020 [INF from
// DOC HC:6515498409879].
func dateLayouts() []struct{ name, layout string } {
	return []struct{ name, layout string }{
		{"MM/DD/YYYY", "01/02/2006"}, {"DD/MM/YYYY", "02/01/2006"}, {"YYYY-MM-DD", time.DateOnly},
	}
}

// DateFormats lists the names of the date formats, the usual one first.
func DateFormats() (names []string) {
	for _, d := range dateLayouts() {
		names = append(names, d.name)
	}
	return names
}

// ImportOptions say which users are written to import files, and where.
type ImportOptions struct {
	UsersOptions
	Folder     string // new, empty, or written by WriteImport before
	DateFormat string // one of DateFormats; "": the first
}

// Imported is the result for one app.
type Imported struct {
	App            string
	File           string // in the folder; "": no user could be written
	Users          int    // written
	Live           int    // those of them with a last activity from Defender
	NoEmail        int    // excluded: the import identifies people by email address
	NoLastActivity int    // excluded: there is nothing to import
	Unsafe         int    // excluded: a spreadsheet would take the text for a formula
	Suspended      int    // written, although they can't log in
	Absent         int    // listed by Defender but not assigned in Oomnitza
	Unread         bool   // Defender does not list the app's users
}

// Import is the result of WriteImport.
type Import struct {
	Apps  []Imported // by name
	Files int
	Rows  int
	at    time.Time
	facts []sheet.Fact
}

// WriteImport writes an import file for each app that has users with a last activity.
// The folder is replaced as a whole at the end, or not at all. With Live, last
// activity that Oomnitza does not have is read from Defender and mapped to people
// by the rules of a session.
func (s Source) WriteImport(ctx context.Context, o ImportOptions) (Import, error) {
	if err := o.Validate(); err != nil {
		return Import{}, err
	}
	layout, _ := layoutOf(o.DateFormat)
	o.strict = true // a folder without an app's file would replace one that has it
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

// layoutOf returns Go's layout of a date format; "" stands for the first format.
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

// importRow is a row of an import file.
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

// chooseUsers returns a row for each email address, and counts the users who are
// excluded.
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
			// An apostrophe would not help here: the import would read it as part of
			// the address.
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

// String says how much was written.
func (i Import) String() string {
	return countNoun(i.Rows, "user") + " of " + countNoun(i.Files, "app")
}

// AsSheet lists the files as a sheet and rows.
func (i Import) AsSheet() (sheet.Sheet, Rows) {
	columns := []column[Imported]{
		{"app", "App", sheet.Text, 36, func(o Imported) any { return o.App }},
		{"file", "File", sheet.Text, 40, func(o Imported) any { return o.File }},
		{"users", "Users", sheet.Number, 0, func(o Imported) any { return o.Users }},
		{"live", "From Defender", sheet.Number, 0, func(o Imported) any { return o.Live }},
		{"leftOut", "Excluded", sheet.Number, 0, func(o Imported) any { return o.NoEmail + o.NoLastActivity + o.Unsafe }},
	}
	return sheetOf("Import files", columns, i.facts), rowsOf(columns, func() ([]Imported, error) {
		if i.Files == 0 {
			return nil, nil
		}
		return i.Apps, nil
	})
}
