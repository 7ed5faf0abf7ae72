package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
)

// notifications is what the integration's contacts are told.
func (c commands) notifications() *cli.Command {
	return &cli.Command{
		Name:  "notifications",
		Usage: "List and read notices, and test the channels that deliver them",
		Description: describe("The contacts of an integration are notified when a session fails, stalls or is missed, and when sessions "+
			"complete again.",
			"defendersync notifications list",
			"defendersync notifications test"),
		Subcommands: []*cli.Command{c.notificationsList(), c.notificationsRead(), c.notificationsTest()},
	}
}

// noticeRow is a notice as list prints it.
type noticeRow struct {
	Number int `json:"number"`
	contract.Notice
}

// inbox reads the notices, newest first, numbered from 1.
func (c commands) inbox(ctx *cli.Context) (connection, []noticeRow, contract.WatchState, error) {
	conn, err := c.connect(ctx.Context)
	if err != nil {
		return conn, nil, contract.WatchState{}, err
	}
	m, err := conn.sessions().ReadMemory(ctx.Context, *conn.watchSettings())
	rows := []noticeRow{}
	for _, n := range slices.Backward(m.State.Notices) {
		n.Link = conn.linkTo(n.Session, n.Run)
		rows = append(rows, noticeRow{len(rows) + 1, n})
	}
	return conn, rows, m.State, err
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
