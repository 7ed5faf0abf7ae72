package localrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// retention is how long closed workflows are kept, as our own server keeps them.
const retention = 720 * time.Hour

// CLITuning is what our own server sets beside the defaults, which are made for
// clusters, in the CLI's form; the reasons are beside serverTuning of the server. A test
// holds the two together.
func CLITuning() map[string]string {
	return map[string]string{
		"history.transferProcessorMaxPollRPS":                    "2000",
		"history.timerProcessorMaxPollRPS":                       "2000",
		"history.visibilityProcessorMaxPollRPS":                  "2000",
		"history.outboundProcessorMaxPollRPS":                    "2000",
		"frontend.namespaceRPS.visibility":                       "200",
		"system.forceSearchAttributesCacheRefreshOnRead":         "true",
		"matching.wv.VersionDrainageStatusVisibilityGracePeriod": `"10s"`,
		"matching.wv.VersionDrainageStatusRefreshInterval":       `"10s"`,
		"history.hostLevelCacheMaxSize":                          "8192",
	}
}

// listStartDev are the arguments that start the CLI's server on a file of its own, with
// the Web UI on another port than the operator's: see Front. The file has a write-ahead
// log, as our own server's. No settings of the operator's for the CLI count.
func (s settings) listStartDev(db string, ui int) []string {
	args := []string{
		"server", "start-dev",
		"--ip", Loopback, "--port", strconv.Itoa(s.Temporal.Number), "--ui-port", strconv.Itoa(ui),
		"--db-filename", db, "--log-level", "error",
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal", "--sqlite-pragma", "busy_timeout=10000",
	}
	tuning := CLITuning()
	for _, key := range slices.Sorted(maps.Keys(tuning)) {
		args = append(args, "--dynamic-config-value", key+"="+tuning[key])
	}
	return append(args, cliAlone()...)
}

// listRetention are the arguments that set how long closed workflows are kept, for
// which start-dev has no flag.
func (s settings) listRetention() []string {
	return append([]string{
		"operator", "namespace", "update", "--address", s.Temporal.addr(), "--namespace", namespace,
		"--retention", strconv.Itoa(int(retention.Hours())) + "h", "--command-timeout", "10s",
	}, cliAlone()...)
}

// cliAlone has the CLI read none of its files of settings.
func cliAlone() []string { return []string{"--disable-config-file", "--env-file", os.DevNull} }

// cliEnv is our environment without what the CLI would take from it.
func (s settings) cliEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "TEMPORAL_") || isTenant(name)
	})
}

// startCLI starts the CLI's server and the front before its Web UI. A file of one server
// version is not migrated by the next, so the version is part of the file's name.
func (l *local) startCLI(ctx context.Context) (err error) {
	db := l.dataPath("temporal-cli-" + l.label() + "-" + l.choice.Version + ".db")
	if l.lock, err = LockDatabase(db); err != nil {
		return err
	}
	behind, err := FreePorts(1)
	if err != nil {
		return err
	}
	server, err := l.startProgram("temporal", l.cliEnv(), l.choice.Path, l.listStartDev(db, behind[0])...)
	if err != nil {
		return err
	}
	if l.front, err = StartFront(l.UI.Number, behind[0], namespace); err != nil {
		return err
	}
	if err := l.awaitCLI(ctx, server); err != nil {
		return err
	}
	l.say("Server     Temporal %s of %s at %s, namespace %s, data in %s, Web UI at %s",
		l.choice.Version, l.choice.Path, l.Temporal.addr(), namespace, db, l.UI.url())
	return nil
}

// awaitCLI returns once the server answers for its namespace and knows how long to
// keep closed workflows.
func (l *local) awaitCLI(ctx context.Context, server *child) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, errNotReady)
	defer cancel()
	last := ""
	for {
		if connection, err := net.DialTimeout("tcp", l.Temporal.addr(), time.Second); err != nil {
			last = err.Error()
		} else {
			_ = connection.Close()
			var out strings.Builder
			code, err := runChild(ctx, l.cliEnv(), &out, &out, l.choice.Path, l.listRetention()...)
			if err == nil && code == ExitOK {
				return nil
			}
			last = strings.TrimSpace(out.String())
		}
		select {
		case <-server.done:
			return server.describeDeath()
		case <-ctx.Done():
			if cause := context.Cause(ctx); errors.Is(cause, errNotReady) {
				return fmt.Errorf("%s was not ready within %s (last answer: %s); the end of its log %s:\n%s", server.name, startLimit, last, server.log, readTail(server.log, tailLines))
			}
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// errNotReady ends the wait for a server that doesn't answer.
var errNotReady = errors.New("not ready")
