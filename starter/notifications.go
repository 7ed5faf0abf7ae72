package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
)

// notificationsCommand groups the commands for notices.
func (c commands) notificationsCommand() *cli.Command {
	return &cli.Command{
		Name:  "notifications",
		Usage: "List and read notices, and test the channels that deliver them",
		Description: describe("The contacts of an integration are notified when a session fails, stalls or is missed, and when sessions "+
			"complete again.",
			"defendersync notifications list",
			"defendersync notifications test"),
		Subcommands: []*cli.Command{c.notificationsListCommand(), c.notificationsReadCommand(), c.notificationsTestCommand()},
	}
}

// noticeRow is a notice as the list shows it.
type noticeRow struct {
	Number int `json:"number"`
	contract.Notice
}

// readInbox reads the notices, newest first, numbered from 1.
func (c commands) readInbox(ctx *cli.Context) (connection, []noticeRow, contract.WatchState, error) {
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return conn, nil, contract.WatchState{}, err
	}
	m, err := conn.sessionReader().ReadMemory(ctx.Context, *conn.watchSettings())
	rows := []noticeRow{}
	for _, n := range slices.Backward(m.State.Notices) {
		n.Link = conn.webUILinkTo(n.Session, n.Run)
		rows = append(rows, noticeRow{len(rows) + 1, n})
	}
	return conn, rows, m.State, err
}

func formatStamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
