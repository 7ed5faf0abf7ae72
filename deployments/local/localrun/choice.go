package localrun

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Server is where a local run has its Temporal from.
type Server string

const (
	ServerGiven Server = "given" // the operator names one by TEMPORAL_ADDRESS
	ServerCLI   Server = "cli"   // the Temporal CLI's, by temporal server start-dev
	ServerOwn   Server = "own"   // defendersync-local, which has to be built
)

const (
	// cliName is the Temporal CLI's program.
	cliName = "temporal"
	// leastServer is the oldest server with which all that the product uses works as
	// it does with our own: versions of workers as Temporal promises to keep them,
	// and search attributes that can be used as soon as they are registered.
	leastServer = "1.29.1"
	// askLimit is how long the CLI may take to say its version.
	askLimit = 30 * time.Second
)

// foundCLI is the Temporal CLI on the path, as it describes itself.
type foundCLI struct {
	Path string // "" if there is none
	Says string // what it says of its version, or why it says nothing
}

// choice is which server a run has, and why.
type choice struct {
	Server  Server
	Path    string // of the Temporal CLI, if that is the one
	Version string // of the Temporal server in the CLI
	Note    string // why the CLI is not used, if it is not; nothing where one is given
}

// FindServer returns which Temporal server a run with these options would have, and why
// it is not the Temporal CLI's if it is not. It checks all that Up checks, so that
// nobody waits for a build in vain.
func FindServer(ctx context.Context, o Options) (server Server, note string, err error) {
	l, err := prepareRun(ctx, o)
	if err != nil {
		return "", "", err
	}
	return l.choice.Server, l.choice.Note, nil
}

// chooseServer takes the operator's Temporal first, then the CLI's, and else our own.
// The CLI's own version says nothing: one that was installed by Go has none.
func chooseServer(s settings, cli foundCLI) choice {
	switch version := serverVersion(cli.Says); {
	case s.Address != "":
		return choice{Server: ServerGiven}
	case cli.Path == "":
		return choice{Server: ServerOwn, Note: "the Temporal CLI (temporal) is not on the path; with it, no server needs to be built"}
	case version == "":
		return choice{Server: ServerOwn, Note: fmt.Sprintf("%s is not used: it does not say which Temporal server it has (%q)", cli.Path, cli.Says)}
	case isOlder(version, leastServer):
		return choice{Server: ServerOwn, Note: fmt.Sprintf("%s is not used: its Temporal server is %s, and %s or later is needed", cli.Path, version, leastServer)}
	default:
		return choice{Server: ServerCLI, Path: cli.Path, Version: version}
	}
}

// serverInCLI is what the CLI says of the server in it.
var serverInCLI = regexp.MustCompile(`\(Server (\d+\.\d+\.\d+[A-Za-z0-9.+-]*)[,)]`)

// serverVersion is the version of the server in what the CLI says, or "".
func serverVersion(says string) string {
	if m := serverInCLI.FindStringSubmatch(says); m != nil {
		return m[1]
	}
	return ""
}

// isOlder compares the three numbers of versions. What comes behind them counts for
// nothing: the CLI has servers that no release has, such as 1.32.0-162.0.
func isOlder(a, b string) bool { return slices.Compare(versionNumbers(a), versionNumbers(b)) < 0 }

func versionNumbers(version string) []int {
	plain, _, _ := strings.Cut(version, "-")
	var numbers []int
	for part := range strings.SplitSeq(plain, ".") {
		number, _ := strconv.Atoi(part) // digits, by serverInCLI
		numbers = append(numbers, number)
	}
	return numbers
}

// findCLI looks for the Temporal CLI and asks it for its version.
func findCLI(ctx context.Context, env []string) foundCLI {
	path, err := exec.LookPath(cliName)
	if err != nil {
		return foundCLI{}
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var out strings.Builder
	code, err := runChild(ctx, env, &out, &out, path, "--version")
	says, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	switch {
	case err != nil:
		says = err.Error()
	case code != ExitOK:
		says = fmt.Sprintf("exit code %d: %s", code, says)
	}
	return foundCLI{Path: path, Says: says}
}
