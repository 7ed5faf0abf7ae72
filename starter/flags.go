package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// outputFlag is --output of the commands that print an object.
func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "output `FORMAT`: table or json",
		Action: func(_ *cli.Context, v string) error {
			if v != "table" && v != "json" {
				return usageError(fmt.Errorf("--output %q: use table or json", v))
			}
			return nil
		}}
}

// formatFlag is --output of the commands that print rows.
func formatFlag(more ...string) cli.Flag {
	accepted := sheet.Formats
	if len(more) > 0 {
		accepted = strings.Replace(accepted, " or ", ", ", 1) + " or " + joinWords(more)
	}
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: string(sheet.Table), Usage: "output `FORMAT`: " + accepted,
		Action: func(_ *cli.Context, v string) error {
			if _, err := sheet.ParseFormat(v); err != nil && !slices.Contains(more, v) {
				return usageError(fmt.Errorf("--output %q: use %s", v, accepted))
			}
			return nil
		}}
}

// fileFlag is --file of the commands that print rows. more are formats of this command's
// own, which are extensions, too.
func fileFlag(more ...string) cli.Flag {
	return &cli.StringFlag{Name: "file", Usage: "write to the file `NAME`; its extension (.csv, .json, .xlsx, .txt) sets the format unless --output is given",
		Action: func(ctx *cli.Context, name string) error {
			ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
			if _, ok := sheet.FormatOfFile(name); ok || name == "" || name == "-" || ctx.IsSet("output") || slices.Contains(more, ext) {
				return nil
			}
			return unknownExtension(name)
		}}
}

// unknownExtension is the error of a file whose name does not tell its format.
func unknownExtension(name string) error {
	return usageError(fmt.Errorf("--file %q has no known extension: add --output %s", filepath.Base(name), sheet.Formats))
}

// columnList is the value of --columns, and the columns that there are, for the shells'
// completion.
type columnList struct {
	text  string
	known []sheet.Column
}

// Set implements cli.Generic.
func (l *columnList) Set(text string) error { l.text = text; return nil }

// String implements cli.Generic; ctx.String reads it.
func (l *columnList) String() string { return l.text }

// columnsFlag is --columns of the commands that print rows with these columns.
func columnsFlag(known ...sheet.Column) cli.Flag {
	return &cli.GenericFlag{Name: "columns", Value: &columnList{known: known},
		Usage: "show these `COLUMNS` in this order, by their titles or their keys in JSON and CSV, separated by commas (default: all; on a terminal, those that fit)"}
}

// columnKeys are the keys of the columns that --columns names, if it is given. The error
// names those that there are not.
func columnKeys(ctx *cli.Context, columns []sheet.Column) (keys []string, given bool, err error) {
	if !ctx.IsSet("columns") {
		return nil, false, nil
	}
	for key := range strings.SplitSeq(ctx.String("columns"), ",") {
		keys = append(keys, strings.TrimSpace(key))
	}
	var wrong []error
	for _, e := range sheet.CheckColumns(columns, keys) {
		wrong = append(wrong, fmt.Errorf("--columns %q: %s", e.Asked, e.Problem))
	}
	if len(wrong) > 0 {
		return nil, true, usageError(errors.Join(wrong...))
	}
	for i, key := range keys {
		keys[i] = sheet.KeyOf(columns, key)
	}
	return keys, true, nil
}

// pickColumns reduces a sheet to the columns that --columns names, and reports whether
// it names any.
func pickColumns(ctx *cli.Context, heading sheet.Sheet, rows query.Rows) (sheet.Sheet, query.Rows, bool, error) {
	keys, given, err := columnKeys(ctx, heading.Columns)
	if err != nil || !given {
		return heading, rows, given, err
	}
	heading, rows = sheet.PickColumns(heading, rows, keys)
	return heading, rows, true, nil
}

// chosenFormat returns the format that --output and --file choose.
func chosenFormat(ctx *cli.Context) sheet.Format {
	if f, ok := sheet.FormatOfFile(ctx.String("file")); ok && !ctx.IsSet("output") {
		return f
	}
	f, err := sheet.ParseFormat(ctx.String("output"))
	if err != nil {
		return sheet.Table // the flag has been checked
	}
	return f
}

// joinWords joins words as in "a, b or c".
func joinWords[T ~string](list []T) string {
	var b strings.Builder
	for i, word := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}

// decimal is a whole number as a flag. The flag package would read 010 as eight
// and 0x10 as sixteen; numbers in settings and flags are decimal.
type decimal int

// Set implements cli.Generic.
func (d *decimal) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("not a whole number")
	}
	*d = decimal(n)
	return nil
}

// String implements cli.Generic; ctx.Int reads it.
func (d *decimal) String() string { return strconv.Itoa(int(*d)) }

// numberFlag is a flag with a whole number, which ctx.Int returns.
func numberFlag(name string, otherwise int, usage string) *cli.GenericFlag {
	value := decimal(otherwise)
	return &cli.GenericFlag{Name: name, Value: &value, Usage: usage}
}

// limitFlag is a number flag that limits nothing unless it is given; none says so.
func limitFlag(name, none, usage string) cli.Flag {
	f := numberFlag(name, 0, usage)
	f.DefaultText = none
	return f
}
