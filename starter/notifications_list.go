package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
	"defendersync/internal/moment"
)

// notificationsListCommand lists the notices.
func (c commands) notificationsListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "List the latest notices, newest first, and the deliveries that failed",
		Description: describe("The Watch workflow keeps the latest 50 notices. They can be read while no worker runs. Each begins with its id, which "+
			"'defendersync notifications read' takes.",
			"defendersync notifications list",
			"defendersync notifications list --unread --output json"),
		Flags:  []cli.Flag{outputFlag(), &cli.BoolFlag{Name: "unread", Usage: "only notices that nobody has marked as read"}},
		Action: c.listNotices,
	}
}

func (c commands) listNotices(ctx *cli.Context) error {
	conn, rows, state, err := c.readInbox(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	if ctx.Bool("unread") {
		rows = slices.DeleteFunc(rows, func(r noticeRow) bool { return r.Read })
	}
	if ctx.String("output") == "json" {
		undelivered := envelope.Field{Name: "undelivered", Value: viewUndelivered(state)}
		return envelope.WriteList(c.out, c.headOf(ctx, conn.integration(), undelivered), viewNotices(rows))
	}
	c = c.forPeople()
	if len(rows) == 0 {
		fmt.Fprintln(c.out, "no notices")
	}
	for _, r := range rows {
		mark := "●"
		if r.Read {
			mark = " "
		}
		fmt.Fprintf(c.out, "%s %s %s  %-12s %s\n", r.ID, mark, moment.Format(r.At, conn.timeZone()), r.Kind, r.Headline)
	}
	for _, u := range slices.Concat(state.Pending, state.Lost) {
		if u.Error != "" {
			fmt.Fprintf(c.err, "not delivered by %s after %d attempts: %s\n", strings.TrimSpace(u.Channel+" "+u.To), u.Tries, u.Error)
		}
	}
	return nil
}
