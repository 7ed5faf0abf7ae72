package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/sheet"
)

// statusOutputFlag is --output of the status command.
func statusOutputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "output `FORMAT`: table, json or html",
		Action: func(_ *cli.Context, v string) error {
			if v != "table" && v != "json" && v != "html" {
				return unknownError(fmt.Errorf("--output %q: use table, json or html", v))
			}
			return nil
		}}
}

// showOverview writes the integrations in the format that is asked for, to standard output
// or into a file, which is whole or not there.
func (c commands) showOverview(ctx *cli.Context, o overview, zone *time.Location) error {
	name := ctx.String("file")
	if name == "" {
		return c.writeOverviewAs(ctx, overviewFormat(ctx), o, zone)
	}
	into, err := sheet.CreateFile(name)
	if err != nil {
		return err
	}
	defer into.Discard()
	var text bytes.Buffer
	toFile := c
	toFile.out, toFile.terminal = &text, terminal{}
	if err := toFile.writeOverviewAs(ctx, overviewFormat(ctx), o, zone); err != nil {
		return err
	}
	if _, err := text.WriteTo(into); err != nil {
		return err
	}
	if err := into.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "wrote the page of %s to %s\n", countIntegrations(len(o.Integrations)), name)
	return nil
}

// overviewFormat is the format that --output or else the name of --file says.
func overviewFormat(ctx *cli.Context) string {
	if ext := strings.ToLower(filepath.Ext(ctx.String("file"))); !ctx.IsSet("output") && (ext == ".html" || ext == ".htm" || ext == ".json") {
		return map[string]string{".html": "html", ".htm": "html", ".json": "json"}[ext]
	}
	return ctx.String("output")
}

func (c commands) writeOverviewAs(ctx *cli.Context, format string, o overview, zone *time.Location) error {
	switch format {
	case "json":
		return c.writeOverview(ctx, o)
	case "html":
		return page.RenderOverview(c.out, viewOverviewPage(o, zone))
	}
	keys, err := tableKeys(ctx, format, statusColumns()...)
	if err != nil {
		return err
	}
	return c.printOverview(ctx.Context, o, keys, zone)
}

// viewOverviewPage makes the page of the integrations.
func viewOverviewPage(o overview, zone *time.Location) page.Overview {
	v := page.Overview{Namespace: o.Namespace, Generated: o.At, Zone: zone, Missing: o.Error}
	for _, row := range o.Integrations {
		v.Integrations = append(v.Integrations, viewOnPage(row, o.At, zone))
	}
	return v
}

func viewOnPage(row statusRow, now time.Time, zone *time.Location) page.Integration {
	i := page.Integration{Name: row.Integration, State: page.State(row.Status), Notices: describeNotices(row), Version: row.Version}
	if row.LastGood != nil {
		i.LastGood = *row.LastGood
	}
	if row.Next != nil {
		i.Next = *row.Next
	}
	if len(row.Running) > 0 {
		i.Running = describeRunning(row.Running, now)
	}
	if row.WorkerPolled != nil {
		i.Worker = formatPoll(now, *row.WorkerPolled)
	}
	if row.Error != "" {
		i.Remarks = append(i.Remarks, page.Remark{State: page.StateUnknown, Text: "not all can be read: " + row.Error})
	}
	for _, p := range row.Problems {
		i.Remarks = append(i.Remarks, page.Remark{State: page.State(plugWords[p.Code]), Text: oneLine(p.Text)})
	}
	if p := row.Paused; p != nil {
		i.Paused = p.describeAge(now, func(t *time.Time) string { return moment.FormatPage(*t, zone) }) // as the page writes times
		if p.OnPurpose {
			i.Remarks = append(i.Remarks, page.Remark{State: page.StateOK, Text: p.describe(now)})
		}
	}
	return i
}

// countIntegrations counts integrations, in words.
func countIntegrations(n int) string {
	if n == 1 {
		return "1 integration"
	}
	return fmt.Sprintf("%d integrations", n)
}
