package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
)

// notificationsReadCommand marks notices as read.
func (c commands) notificationsReadCommand() *cli.Command {
	return &cli.Command{
		Name:      "read",
		Usage:     "Show notices in full and mark them as read",
		ArgsUsage: "NUMBER...",
		Description: describe("NUMBER is the number of a notice in 'notifications list'.",
			"defendersync notifications read 1",
			"defendersync notifications read 1 2 3",
			"defendersync notifications read --all"),
		Flags:  []cli.Flag{outputFlag(), &cli.BoolFlag{Name: "all", Usage: "all notices"}},
		Action: c.readNotices,
	}
}

func (c commands) readNotices(ctx *cli.Context) error {
	if !ctx.Bool("all") && !ctx.Args().Present() {
		return usageError(fmt.Errorf("name notices by their numbers in 'defendersync notifications list', or pass --all"))
	}
	conn, rows, _, err := c.readInbox(ctx)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	chosen, err := chooseNotices(rows, ctx.Args().Slice(), ctx.Bool("all"))
	if err != nil {
		return usageError(err)
	}
	if len(chosen) == 0 {
		fmt.Fprintln(c.err, "no notices")
		return nil
	}
	read := contract.ReadNotices{}
	for _, r := range chosen {
		read.Keys = append(read.Keys, r.Key)
	}
	if err := conn.temporal.SignalWorkflow(ctx.Context, contract.WatchID(conn.integration()), "", contract.SignalRead, read); err != nil {
		return fmt.Errorf("mark the notices as read: %w", err)
	}
	if ctx.String("output") == "json" {
		return printJSON(c.out, chosen)
	}
	for _, r := range chosen {
		printNotice(c.out, r)
	}
	return nil
}

// chooseNotices picks the rows that were asked for by number.
func chooseNotices(rows []noticeRow, numbers []string, all bool) ([]noticeRow, error) {
	if all {
		return rows, nil
	}
	var out []noticeRow
	for _, text := range numbers {
		i := slices.IndexFunc(rows, func(r noticeRow) bool { return fmt.Sprint(r.Number) == text })
		if i < 0 {
			return nil, fmt.Errorf("there is no notice %q: 'defendersync notifications list' shows notices 1 to %d", text, len(rows))
		}
		out = append(out, rows[i])
	}
	return out, nil
}

// printNotice prints a notice in full.
func printNotice(w io.Writer, r noticeRow) {
	fmt.Fprintf(w, "%d. %s  %s: %s\n", r.Number, formatStamp(r.At), r.Kind.Title(), r.Headline)
	for _, line := range []struct{ label, text string }{
		{"since", optionalStamp(r)}, {"session", r.Session}, {"cause", r.Cause}, {"to do", r.Todo}, {"see", r.Link},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "   %-8s %s\n", line.label, line.text)
		}
	}
	if p := r.Progress; p != nil {
		fmt.Fprintf(w, "   %-8s %d apps, %d users of apps; %d added, %d updated\n", "synced", p.Counts.Apps.Seen, p.Counts.Users.Seen, p.Counts.Users.Added, p.Counts.Users.Updated)
	}
	for _, e := range r.Errors {
		fmt.Fprintf(w, "   %-8s %d × %s\n", "rejected", e.Count, e.Reason)
	}
}

func optionalStamp(r noticeRow) string {
	if r.Since.IsZero() {
		return ""
	}
	return formatStamp(r.Since)
}
