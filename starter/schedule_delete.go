package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
)

func (c commands) scheduleDeleteCommand() *cli.Command {
	return &cli.Command{
		Name:  "delete",
		Usage: "Delete the schedule; its past sessions remain listed",
		Description: describe("The schedule holds the watermark, the time from which the next session reads changes. After 'schedule apply' has "+
			"created a new schedule, its first session is therefore a full one. To stop sessions for a while, use 'schedule "+
			"pause'.\n\n"+
			"Asks for confirmation. Scripts pass --yes.",
			"defendersync schedule delete --yes"),
		Flags: []cli.Flag{&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "delete without asking"}},
		Action: func(ctx *cli.Context) error {
			return c.onSchedule(ctx.Context, func(conn connection, _ *client.ScheduleDescription) error {
				return c.deleteSchedule(ctx, conn)
			})
		},
	}
}

func (c commands) deleteSchedule(ctx *cli.Context, conn connection) error {
	id := contract.ScheduleID(conn.integration())
	lane, err := conn.sessionReader().FindLane(ctx.Context)
	if err != nil {
		return err
	}
	running := lane.Holder()
	if !ctx.Bool("yes") {
		fmt.Fprintf(c.err, "Schedule %s holds the watermark: the first session of a new schedule will be a full one.\n", id)
		if running != "" {
			fmt.Fprintf(c.err, "%s is running and continues.\n", running)
		}
		if err := c.confirmDelete(ctx.Context, "Delete schedule "+id+"?"); err != nil {
			return err
		}
	}
	if err := conn.scheduleHandle(ctx.Context).Delete(ctx.Context); err != nil {
		return fmt.Errorf("delete the schedule: %w", err)
	}
	fmt.Fprintf(c.out, "schedule %s: deleted together with its watermark; the first session of a new schedule will be a full one\n", id)
	if running != "" {
		fmt.Fprintf(c.out, "%s is running and continues; to stop it, run 'defendersync sessions cancel'\n", running)
	}
	return nil
}

// confirmDelete asks the user for confirmation. Without a terminal it refuses.
func (c commands) confirmDelete(ctx context.Context, question string) error {
	if !c.terminal.in {
		return usageError(errors.New("nothing was deleted: there is no terminal to ask for confirmation on; pass --yes"))
	}
	yes, err := askQuestion(ctx, c.in, c.err, question)
	if err == nil && !yes {
		err = errors.New("nothing was deleted")
	}
	return err
}

// askQuestion asks a question with the answers yes and no; any other answer is
// no.
func askQuestion(ctx context.Context, in io.Reader, out io.Writer, question string) (bool, error) {
	fmt.Fprint(out, question+" [y/N] ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n') // no answer is no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answer:
		return a == "y" || a == "yes", nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
