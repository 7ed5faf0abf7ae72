package localrun

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// ReportError says what went wrong in a program, if anything, and returns the exit code
// for it.
func ReportError(program string, err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return ExitOK
	}
	code := ExitFailed
	var exit *ExitError
	if errors.As(err, &exit) {
		code = exit.Code
		err = exit.Err
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", program, err)
	}
	return code
}

// ParseFlags parses args into set, which allows no further arguments.
func ParseFlags(set *flag.FlagSet, args []string, stderr io.Writer) error {
	set.SetOutput(stderr)
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return &ExitError{Code: ExitUsage} // the flag package has said it
	case set.NArg() > 0:
		return Usagef("%s takes no arguments, got %q", set.Name(), set.Arg(0))
	}
	return nil
}
