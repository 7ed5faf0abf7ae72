// Command temporal stands in for Temporal's own command line, which can't be
// fetched where the tests run: it has the three words of it that deployments/compose
// uses, against a real server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// timeout bounds one command.
const timeout = 20 * time.Second

func main() {
	if err := runCommand(os.Args[1:], os.Getenv("TEMPORAL_ADDRESS"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// runCommand runs `operator namespace describe` or `operator namespace create`.
func runCommand(args []string, address string, out io.Writer) error {
	if len(args) < 3 || strings.Join(args[:2], " ") != "operator namespace" {
		return errors.New("only operator namespace describe and create are known")
	}
	var namespace string
	var retention time.Duration
	set := flag.NewFlagSet(args[2], flag.ContinueOnError)
	set.StringVar(&namespace, "namespace", "default", "")
	if args[2] == "create" {
		set.DurationVar(&retention, "retention", 72*time.Hour, "")
	}
	if err := set.Parse(args[3:]); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := client.NewNamespaceClient(client.Options{HostPort: address})
	if err != nil {
		return err
	}
	defer c.Close()
	switch args[2] {
	case "describe":
		_, err = c.Describe(ctx, namespace)
	case "create":
		err = c.Register(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
	default:
		err = fmt.Errorf("unknown command %q", args[2])
	}
	if err == nil {
		fmt.Fprintln(out, namespace)
	}
	return err
}
