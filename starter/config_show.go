package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/temporalx"
)

// configShowCommand shows every setting with its origin.
func (c commands) configShowCommand() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "Show every setting: its value, where it comes from, and which program reads it",
		Description: describe("Secrets are shown as [redacted], and no password in a URL is. Asks neither Temporal nor the tenants.\n\n"+
			"A value comes from the environment, from a file and line of --env-file, from a file by NAME_FILE, from a credential of systemd, "+
			"from Temporal's own configuration file, or is the default. Settings that are read by commands travel with the schedule: "+
			"'defendersync schedule show' tells what it has of them.\n\n"+
			"Exit codes: 0 no setting is wrong; 2 some are, and all of them are named. A setting that is missing is not wrong by itself: the "+
			"last column says who cannot do without it.",
			"defendersync config show",
			"defendersync config show --set --env-file .env",
			"defendersync config show --output json"),
		Flags:  []cli.Flag{formatFlag(), fileFlag(), columnsFlag(settingColumns()...), &cli.BoolFlag{Name: "set", Usage: "only settings that are set, wrong, or needed and missing"}},
		Action: c.showSettings,
	}
}

func (c commands) showSettings(ctx *cli.Context) error {
	found, wrong := c.describeSettings(ctx)
	if ctx.Bool("set") {
		found = slices.DeleteFunc(found, func(d config.Described) bool {
			return !d.Wrong && (d.From == "" && d.NeededFor() == "" || d.From == "default")
		})
	}
	heading := sheet.Sheet{Title: "Settings", Columns: settingColumns()}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, d := range found {
			row := sheet.Row{d.Name, httpx.Redact(d.Value), settingState(d), d.From, strings.Join(d.ListPrograms(), ", "), d.NeededFor()}
			if !yield(row, nil) {
				return
			}
		}
	}
	err := c.writeRows(ctx, rows, heading, time.UTC, "no setting is set")
	if err == nil && wrong != nil {
		err = usageError(wrong)
	}
	return err
}

// settingColumns are the columns of the settings.
func settingColumns() []sheet.Column {
	state := sheet.Column{Key: "state", Title: "State", Kind: sheet.Name, Color: func(v any) sheet.Color {
		switch v {
		case "wrong":
			return sheet.Red
		case "missing":
			return sheet.Yellow
		}
		return ""
	}}
	return []sheet.Column{
		{Key: "setting", Title: "Setting", Kind: sheet.Name}, {Key: "value", Title: "Value", Width: 70}, state, {Key: "from", Title: "From", Width: 60},
		{Key: "readBy", Title: "Read by"}, {Key: "neededFor", Title: "Needed for"},
	}
}

// settingState is how a setting stands, in a word.
func settingState(d config.Described) string {
	switch {
	case d.Wrong:
		return "wrong"
	case d.From == "" && d.NeededFor() != "":
		return "missing"
	case d.From == "":
		return "unset"
	case d.From == "default":
		return "default"
	}
	return "set"
}

// describeSettings describes all settings, with what Temporal's own configuration
// file has. The error has all that is wrong.
func (c commands) describeSettings(ctx *cli.Context) ([]config.Described, error) {
	found, wrong := config.Describe(ctx.Context, config.Environment{Environ: c.environ, Files: c.files})
	connection := temporalx.CheckSettings(c.environ)
	file, err := temporalx.ReadFileSettings(c.environ)
	if connection == nil {
		connection = err
	}
	for i, d := range found {
		if value := file[d.Name]; value != "" && (d.From == "" || d.From == "default") {
			found[i].Value, found[i].From = d.MaskValue(value), "Temporal's configuration file"
		}
		found[i].Wrong = found[i].Wrong || d.Group == "Temporal" && connection != nil && isNamedBy(connection, d.Variable)
	}
	return found, errors.Join(wrong, connection)
}

// isNamedBy reports whether an error is about a setting.
func isNamedBy(err error, v config.Variable) bool {
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, "=")
		if name == v.Name || name == cmp.Or(v.FileVariable(), v.Name) {
			return true
		}
	}
	return false
}
