package main

import (
	"context"
	"crypto/sha256"
	"slices"

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

// noticeRow is a notice with its id.
type noticeRow struct {
	ID string
	contract.Notice
}

// idLetters make up the ids of notices: no vowels, which would make words, and no
// digits, so that nobody takes an id for a position.
const idLetters = "bcdfghjkmnpqrstvwxz"

// nameNotice returns the id of the notice with a key. It stays the same for good,
// whatever notices come and go.
func nameNotice(key string) string {
	sum := sha256.Sum256([]byte(key))
	id := make([]byte, 6)
	for i := range id {
		id[i] = idLetters[int(sum[i])%len(idLetters)]
	}
	return string(id)
}

// readInbox reads the notices, newest first.
func (c commands) readInbox(ctx context.Context) (connection, []noticeRow, contract.WatchState, error) {
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return conn, nil, contract.WatchState{}, err
	}
	m, err := conn.sessionReader().ReadMemory(ctx, *conn.watchSettings())
	rows := []noticeRow{}
	for _, n := range slices.Backward(m.State.Notices) {
		n.Link = conn.webUILinkTo(n.Session, n.Run)
		rows = append(rows, noticeRow{nameNotice(n.Key), n})
	}
	return conn, rows, m.State, err
}
