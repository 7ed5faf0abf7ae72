// Command mailbox is the mailbox for trying the product in containers: it takes
// every mail, passes none on, and shows them on a page. See package mailbox.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"defendersync/deployments/local/mailbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := runMailbox(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// runMailbox serves until the context ends. Exit codes: 0 stopped on request, 1
// failed, 2 wrong usage.
func runMailbox(ctx context.Context, args []string, out, errOut io.Writer) int {
	var folder, smtp, page string
	set := flag.NewFlagSet("mailbox", flag.ContinueOnError)
	set.SetOutput(errOut)
	set.StringVar(&folder, "folder", "mail", "`folder` that keeps the mails")
	set.StringVar(&smtp, "smtp-addr", ":7325", "`address` that takes mails")
	set.StringVar(&page, "page-addr", ":8325", "`address` of the page that shows them")
	if err := set.Parse(args); err != nil {
		return 2
	}
	if set.NArg() > 0 {
		fmt.Fprintf(errOut, "mailbox: %q is no flag\n", set.Arg(0))
		return 2
	}
	m, err := mailbox.OpenInContainer(folder, smtp, page)
	if err != nil {
		fmt.Fprintln(errOut, "mailbox:", err)
		return 1
	}
	fmt.Fprintf(out, "mailbox: taking mails on %s, showing them on %s\n", smtp, page)
	<-ctx.Done()
	m.Close()
	return 0
}
