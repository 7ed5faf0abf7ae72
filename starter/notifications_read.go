package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/suggest"
)

// notificationsReadCommand marks notices as read.
func (c commands) notificationsReadCommand() *cli.Command {
	return &cli.Command{
		Name:      "read",
		Usage:     "Show notices in full and mark them as read",
		ArgsUsage: "ID...",
		Description: describe("ID is the first word of a notice in 'defendersync notifications list'. It stays the same when other notices come.",
			"defendersync notifications read kdwzrb",
			"defendersync notifications read kdwzrb mpqfhc",
			"defendersync notifications read --all"),
		Flags:  []cli.Flag{outputFlag(), &cli.BoolFlag{Name: "all", Usage: "all notices"}},
		Action: c.readNotices,
	}
}

func (c commands) readNotices(ctx *cli.Context) error {
	if !ctx.Bool("all") && !ctx.Args().Present() {
		return usageError(fmt.Errorf("name notices by their ids in 'defendersync notifications list', or pass --all"))
	}
	conn, rows, _, err := c.readInbox(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	chosen, err := chooseNotices(rows, ctx.Args().Slice(), ctx.Bool("all"))
	if err != nil {
		return usageError(err)
	}
	asJSON := ctx.String("output") == "json"
	if len(chosen) == 0 && !asJSON {
		fmt.Fprintln(c.err, "no notices")
		return nil
	}
	read := contract.ReadNotices{}
	for _, r := range chosen {
		read.Keys = append(read.Keys, r.Key)
	}
	if len(chosen) == 0 {
		return envelope.WriteList(c.out, c.headOf(ctx, conn.integration()), viewNotices(nil))
	}
	if err := conn.temporal.SignalWorkflow(ctx.Context, contract.WatchID(conn.integration()), "", contract.SignalRead, read); err != nil {
		return fmt.Errorf("mark the notices as read: %w", err)
	}
	if asJSON {
		return envelope.WriteList(c.out, c.headOf(ctx, conn.integration()), viewNotices(chosen))
	}
	for _, r := range chosen {
		printNotice(c.out, r, conn.timeZone())
	}
	return nil
}

// chooseNotices picks the rows with these ids or keys, each once. The error names
// every word that is neither.
func chooseNotices(rows []noticeRow, words []string, all bool) ([]noticeRow, error) {
	if all {
		return rows, nil
	}
	var out []noticeRow
	var problems []error
	for _, word := range words {
		i := slices.IndexFunc(rows, func(r noticeRow) bool { return strings.EqualFold(r.ID, word) || r.Key == word })
		switch {
		case i < 0:
			problems = append(problems, explainNoNotice(rows, word))
		case !slices.ContainsFunc(out, func(r noticeRow) bool { return r.Key == rows[i].Key }):
			out = append(out, rows[i])
		}
	}
	return out, errors.Join(problems...)
}

// explainNoNotice says why a word names no notice.
func explainNoNotice(rows []noticeRow, word string) error {
	if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(rows) {
		return fmt.Errorf("%q is a position, which moves when a notice comes: use the id; notice %d of the list is now %s", word, n, rows[n-1].ID)
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	text := fmt.Sprintf("there is no notice %q", word)
	if near := suggest.FindNearest(word, slices.Values(ids), 1); len(near) > 0 {
		text += ": did you mean " + near[0] + "?"
	}
	return errors.New(text + " (see 'defendersync notifications list')")
}

// printNotice prints a notice in full.
func printNotice(w io.Writer, r noticeRow, zone *time.Location) {
	fmt.Fprintf(w, "%s %s  %s: %s\n", r.ID, moment.Format(r.At, zone), r.Kind.Title(), r.Headline)
	for _, line := range []struct{ label, text string }{
		{"since", optionalStamp(r, zone)}, {"session", r.Session}, {"cause", r.Cause}, {"to do", r.Todo}, {"see", r.Link},
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

func optionalStamp(r noticeRow, zone *time.Location) string {
	if r.Since.IsZero() {
		return ""
	}
	return moment.Format(r.Since, zone)
}
