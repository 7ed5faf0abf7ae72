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

func (c commands) scheduleDelete() *cli.Command {
	return &cli.Command{
		Name:  "delete",
		Usage: "remove the schedule; the sessions that it started stay in the list",
		Description: "The schedule holds the watermark: after 'schedule apply' makes a new one, its first session is a full one. " +
			"To start no sessions for a while, 'schedule pause' is the better way.\n\n" +
			"Asks before it deletes; scripts say --yes.\n\nExample:\n  defendersync schedule delete --yes",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "delete without asking"}},
		Before:       noArguments,
		OnUsageError: badFlags,
		Action: func(ctx *cli.Context) error {
			return c.onSchedule(ctx.Context, func(conn connection, _ *client.ScheduleDescription) error {
				return c.deleteSchedule(ctx, conn)
			})
		},
	}
}

func (c commands) deleteSchedule(ctx *cli.Context, conn connection) error {
	id := contract.ScheduleID(conn.integration())
	running, err := conn.lane(ctx.Context)
	if err != nil {
		return err
	}
	if !ctx.Bool("yes") {
		fmt.Fprintf(c.err, "With schedule %s goes the watermark: the first session of a new one is full.\n", id)
		if running != "" {
			fmt.Fprintf(c.err, "%s is running and goes on.\n", running)
		}
		if err := c.confirm(ctx.Context, "Delete schedule "+id+"?"); err != nil {
			return err
		}
	}
	if err := conn.handle(ctx.Context).Delete(ctx.Context); err != nil {
		return fmt.Errorf("delete the schedule: %w", err)
	}
	fmt.Fprintf(c.out, "schedule %s: deleted, and the watermark with it; the first session of a new one is full\n", id)
	if running != "" {
		fmt.Fprintf(c.out, "%s is running and goes on; 'defendersync sessions cancel' ends it\n", running)
	}
	return nil
}

// confirm asks a person; where there is none to ask, it refuses.
func (c commands) confirm(ctx context.Context, question string) error {
	if !c.terminal.in {
		return usage(errors.New("nothing done: there is no terminal to ask on; say --yes"))
	}
	yes, err := ask(ctx, c.in, c.err, question)
	if err == nil && !yes {
		err = errors.New("nothing done")
	}
	return err
}

// ask asks a question that is answered by yes or no; anything else is no.
func ask(ctx context.Context, in io.Reader, out io.Writer, question string) (bool, error) {
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
