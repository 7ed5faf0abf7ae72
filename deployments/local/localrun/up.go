// Package localrun runs the product on one machine: it starts a Temporal
// server, simulated tenants and the worker as processes of their own, each with
// a log file, runs a session as an operator would, and stops them all again.
// It knows the product by its binaries and settings only.
package localrun

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"defendersync/deployments/local/mailbox"
)

// ownServer is the program with a Temporal server inside.
const ownServer = "defendersync-local"

// Options say how the local run goes.
type Options struct {
	Once           bool   // end with the first session
	EnvFile        string // settings that the environment does not have; need not exist
	Bin            string // folder with the product's binaries; "": this program's own
	Stdin          io.Reader
	Terminal       bool // somebody at Stdin can be asked
	Stdout, Stderr io.Writer
}

// local is one local run: what it is to be, and what it has started so far.
type local struct {
	Options
	settings
	children []*child
	ended    chan *child // a child that ended, by itself or not
	mailbox  *mailbox.Mailbox
	answers  *bufio.Reader // from Stdin
	choice   choice        // which Temporal server it has
	front    *Front        // before the Web UI of the Temporal CLI
	lock     *os.File      // of the file of the Temporal CLI's server
}

// Up brings everything up on this machine, runs a session, and stays up until
// ctx is done. With Once it ends with the session, as an ExitError with the
// session's exit code. No process is left behind in any case; for that, it must
// be called from a goroutine that is locked to its thread.
func Up(ctx context.Context, o Options) error {
	l, err := prepareRun(ctx, o)
	if err != nil {
		return err
	}
	restore, err := l.keepPrivate()
	if err != nil {
		return err
	}
	defer restore()
	defer l.stopChildren()
	return l.runAll(ctx)
}

// prepareRun reads what a run with these options is to be, and checks it.
func prepareRun(ctx context.Context, o Options) (*local, error) {
	vars, err := readDotenv(o.EnvFile)
	if err != nil {
		return nil, err
	}
	settings, wrong := loadSettings(os.Environ(), vars)
	if o.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding the binaries: %w", err)
		}
		o.Bin = filepath.Dir(self)
	}
	l := &local{Options: o, settings: settings, ended: make(chan *child, 8)}
	if err := l.checkSettings(ctx, wrong); err != nil {
		return nil, err
	}
	if l.Address == "" {
		l.choice = chooseServer(l.settings, findCLI(ctx, l.cliEnv()))
	} else {
		l.choice = chooseServer(l.settings, foundCLI{})
	}
	return l, nil
}

// checkSettings tells all that is wrong at once, before anything starts: with our own
// settings, as far as it is known already, with the ports, and with the product's.
func (l *local) checkSettings(ctx context.Context, wrong error) error {
	var texts []string
	for _, err := range []error{wrong, CheckPorts(l.listPorts()...)} {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	code, err := runChild(ctx, l.childEnv(), io.Discard, l.Stderr, filepath.Join(l.Bin, "defendersync"), "check", "--settings")
	switch {
	case err != nil:
		return l.explainInterrupt(ctx, err)
	case len(texts) > 0:
		return Usagef("%s", strings.Join(texts, "\n"))
	case code != ExitOK:
		return &ExitError{Code: code} // the command has said why
	}
	return nil
}

// runAll is the whole story, in order.
func (l *local) runAll(ctx context.Context) error {
	if l.Sourced {
		l.say("Shell      has the settings of an earlier run; its addresses and tokens are left aside")
	}
	if err := l.startServices(ctx); err != nil {
		return l.explainInterrupt(ctx, err)
	}
	agreed, code, err := l.offerSession(ctx)
	if err == nil && agreed {
		code, err = l.firstSession(ctx)
	}
	if err != nil {
		return l.explainInterrupt(ctx, err)
	}
	if agreed {
		l.sayTopApps(ctx)
	}
	l.sayWhere()
	if l.Once {
		return &ExitError{Code: code}
	}
	if code != ExitOK {
		l.say("The session ended with exit code %d; all stays up for a look around.", code)
	}
	l.say("Press Ctrl-C to stop.")
	select {
	case <-ctx.Done():
		return nil
	case c := <-l.ended:
		return c.describeDeath()
	}
}

// explainInterrupt is err, unless the operator stopped the run, which needs no words.
func (l *local) explainInterrupt(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &ExitError{Code: ExitInterrupted}
	}
	return err
}

// startServices starts what sessions need, each when what it needs answers.
func (l *local) startServices(ctx context.Context) error {
	if err := l.startTemporal(ctx); err != nil {
		return err
	}
	// Of what follows, nothing is of use with a Temporal that can't be reached.
	if err := l.runCommand(ctx, "setup"); err != nil {
		return err
	}
	if l.Simulated {
		if err := l.startTenants(ctx); err != nil {
			return err
		}
	} else {
		l.say("Tenants    %s and %s", l.vars[envDefenderURL], l.vars[envOomnitzaURL])
	}
	if err := l.startMailbox(); err != nil {
		return err
	}
	if err := l.writeEnv(); err != nil {
		return err
	}
	_, err := l.startChild("worker", l.childEnv(), "defendersync-worker")
	return err
}

// startTemporal starts a Temporal server, unless the operator names one.
func (l *local) startTemporal(ctx context.Context) error {
	switch l.choice.Server {
	case ServerGiven:
		l.say("Server     Temporal at %s, namespace %s, as %s says; none is started here", l.Address, cmp.Or(l.vars[envTemporalNamespace], namespace), envTemporalAddress)
		return nil
	case ServerCLI:
		return l.startCLI(ctx)
	default:
		return l.startOwn(ctx)
	}
}

// startOwn starts the server that was built for it.
func (l *local) startOwn(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(l.Bin, ownServer)); errors.Is(err, fs.ErrNotExist) {
		return Usagef("the Temporal server is not built: use make run, which builds it, or make build before (%s)", l.choice.Note)
	}
	server, err := l.startChild("temporal", os.Environ(), ownServer, "server",
		"--db", l.dataPath("temporal-"+l.label()+".db"),
		"--port", strconv.Itoa(l.Temporal.Number),
		"--ui-port", strconv.Itoa(l.UI.Number),
		"--namespace", namespace)
	if err != nil {
		return err
	}
	ready, err := server.awaitLine(ctx, startLimit, "ready:")
	if err == nil {
		l.say("Server     %s", strings.TrimSpace(ready))
	}
	return err
}

// startTenants starts the simulated tenants, and lets a day pass in those that
// an earlier run has left, so that the next session has something to find.
func (l *local) startTenants(ctx context.Context) error {
	state := l.dataPath("tenants-" + l.label() + ".json")
	_, err := os.Stat(state)
	again := err == nil
	tenants, err := l.startChild("tenants", l.childEnv(), "defendersync-tenants",
		"--defender-addr", l.Defender.addr(),
		"--oomnitza-addr", l.Oomnitza.addr(),
		"--control-addr", l.Control.addr(),
		"--state", state,
		"--advance", "1",
		"--apps", strconv.Itoa(l.Tenants.Apps),
		"--people", strconv.Itoa(l.Tenants.People),
		"--pairs", strconv.Itoa(l.Tenants.Pairs),
		"--seed", strconv.Itoa(l.Tenants.Seed),
		"--budget", strconv.Itoa(l.Rate))
	if err != nil {
		return err
	}
	if _, err := tenants.awaitLine(ctx, startLimit, "ready"); err != nil {
		return err
	}
	l.say("Tenants    simulated: %d apps, %d people, %d app-user pairs", l.Tenants.Apps, l.Tenants.People, l.Tenants.Pairs)
	if again {
		l.say("           continued from the last run; a day has passed there")
	}
	l.say("           Defender allows %d requests a minute here; %s=30 is the vendor's pace", l.Rate, envDefenderRate)
	return nil
}

// startMailbox takes the notices' mail, unless the operator has a mail server.
func (l *local) startMailbox() (err error) {
	if !l.Mailbox {
		l.say("Notices    by mail through %s", l.vars[envSMTPHost])
		return nil
	}
	l.mailbox, err = mailbox.Open(l.dataPath("mail-"+l.label()), l.Mail.addr(), l.MailUI.addr())
	if err != nil {
		return err
	}
	l.say("Mailbox    %s holds the notices to %s", l.MailUI.url(), l.joinContacts())
	return nil
}

// startChild starts one of the product's binaries that lasts, and watches it.
func (l *local) startChild(name string, env []string, binary string, args ...string) (*child, error) {
	return l.startProgram(name, env, filepath.Join(l.Bin, binary), args...)
}

// startProgram starts a program that lasts, and watches it.
func (l *local) startProgram(name string, env []string, program string, args ...string) (*child, error) {
	c, err := startChild(name, l.dataPath(logFolder, name+".log"), env, program, args...)
	if err != nil {
		return nil, err
	}
	l.children = append(l.children, c)
	if err := os.WriteFile(l.pidPath(c), fmt.Appendln(nil, c.cmd.Process.Pid), privateFile); err != nil {
		return nil, fmt.Errorf("writing the process id of %s: %w", name, err)
	}
	go func() {
		<-c.done
		l.ended <- c
	}()
	return c, nil
}

// pidPath is the file with a child's process id, for whoever wants to stop or freeze
// it: kill -STOP $(cat var/worker.pid)
func (l *local) pidPath(c *child) string { return l.dataPath(c.name + ".pid") }

// runCommand runs one of the operator's commands, which must succeed.
func (l *local) runCommand(ctx context.Context, args ...string) error {
	code, err := l.runDefendersync(ctx, args...)
	if err == nil && code != ExitOK {
		err = &ExitError{Code: code} // the command has said why
	}
	return err
}

// firstSession makes the schedule and runs a session, unless one runs already, and
// follows it.
func (l *local) firstSession(ctx context.Context) (code int, err error) {
	if err := l.runCommand(ctx, "schedule", "apply"); err != nil {
		return ExitFailed, err
	}
	return l.watchChildren(ctx, "run", "--follow")
}

// watchChildren runs one of the operator's commands that lasts. A child that dies
// meanwhile ends it: nothing would come of it.
func (l *local) watchChildren(ctx context.Context, args ...string) (code int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	settled := make(chan struct{})
	defer close(settled)
	go func() {
		select {
		case c := <-l.ended:
			cancel(c.describeDeath())
		case <-settled:
		}
	}()
	code, err = l.runDefendersync(ctx, args...)
	if cause := context.Cause(ctx); cause != nil {
		return code, cause
	}
	return code, err
}

// runDefendersync runs one of the operator's commands on our terminal.
func (l *local) runDefendersync(ctx context.Context, args ...string) (int, error) {
	return runChild(ctx, l.childEnv(), l.Stdout, l.Stderr, filepath.Join(l.Bin, "defendersync"), args...)
}

// sayTopApps prints what Oomnitza now shows as most used. Nothing depends on
// it: a failure, which the command tells, changes nothing of what was done.
func (l *local) sayTopApps(ctx context.Context) {
	l.say("Most used apps:")
	_, _ = l.runDefendersync(ctx, "report", "apps", "--created-by", "any", "--top", "10")
}

func (l *local) sayWhere() {
	if !l.Once {
		l.sayWebUI()
		if l.mailbox != nil {
			l.say("Notices    %s", l.MailUI.url())
		}
	}
	if l.Address != "" && l.Simulated {
		l.say("Schedule   stays there; with the settings of %s, defendersync schedule delete removes it", l.dataPath(envFile))
	}
	l.say("Logs       %s", l.dataPath(logFolder))
}

// sayWebUI says where sessions are looked at; the Web UI of the operator's Temporal
// is where they say.
func (l *local) sayWebUI() {
	switch {
	case l.Address == "":
		l.say("Sessions   %s%s", l.UI.url(), SessionsPath)
	case l.vars[envTemporalUI] != "":
		l.say("Sessions   %s", l.vars[envTemporalUI])
	}
}

func (l *local) say(format string, args ...any) { fmt.Fprintf(l.Stdout, format+"\n", args...) }

// stopChildren stops what was started, the last first; the mailbox goes when nobody
// is left to write.
func (l *local) stopChildren() {
	for i := len(l.children) - 1; i >= 0; i-- {
		l.children[i].stopChild(childStopLimit)
		_ = os.Remove(l.pidPath(l.children[i])) // or the next run writes over it
	}
	if l.front != nil {
		l.front.Stop()
	}
	if l.lock != nil {
		_ = l.lock.Close()
	}
	if l.mailbox != nil {
		l.mailbox.Close()
	}
}
