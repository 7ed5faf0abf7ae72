package localrun

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// EnvFirstSession says what the first session with real tenants may do.
const EnvFirstSession = "FIRST_SESSION"

// Values of EnvFirstSession.
const (
	firstAsk    = "ask"     // the operator is asked on the terminal
	firstDryRun = "dry-run" // a dry run lists what a session would write, and that is all
	firstRun    = "run"     // the session runs, and writes
)

// readFirst reads EnvFirstSession.
func (r *reader) readFirst() string {
	switch text := r.vars[EnvFirstSession]; text {
	case "":
		return firstAsk
	case firstAsk, firstDryRun, firstRun:
		return text
	default:
		r.addProblem("%s is %q: use %s, %s or %s", EnvFirstSession, text, firstAsk, firstDryRun, firstRun)
		return firstAsk
	}
}

// holdsBack reports whether nothing is to be written before an operator has agreed: the
// tenants are real, and none has agreed to a session with these tenants here.
func (l *local) holdsBack() bool {
	if l.Simulated || l.First == firstRun {
		return false
	}
	_, err := os.Stat(l.agreedPath())
	return err != nil
}

// agreedPath is the file that says that an operator has agreed.
func (l *local) agreedPath() string { return l.dataPath("agreed-" + l.label()) }

// planPath is the file with what a first session would write.
func (l *local) planPath() string { return l.dataPath("plan-" + l.label() + ".xlsx") }

// offerSession has the operator see what a session would write before one writes. It
// reports whether sessions may write from now on. code is that of the dry run.
func (l *local) offerSession(ctx context.Context) (agreed bool, code int, err error) {
	if !l.holdsBack() {
		return true, ExitOK, nil
	}
	l.say("These are real tenants, and nothing was written to them from here yet.")
	dry, asks := true, l.First == firstAsk && l.Terminal
	if asks {
		dry, err = l.askYes(ctx, "Make a dry run first, which lists what a session would write?", true)
		if errors.Is(err, errNoAnswer) { // nobody sits there
			dry, asks, err = true, false, nil
		}
		if err != nil {
			return false, ExitOK, err
		}
	}
	if dry {
		if code, err = l.watchChildren(ctx, "run", "--dry-run", "--plan", l.planPath()); err != nil || code != ExitOK && code != exitWithErrors {
			return false, code, err
		}
		l.say("Plan       %s lists what a session would write", l.planPath())
	}
	if !asks {
		l.say("Nothing was written to Oomnitza, and there is no schedule. To go on: %s=%s make run", EnvFirstSession, firstRun)
		return false, code, nil
	}
	agreed, err = l.askSession(ctx)
	return agreed, code, err
}

// exitWithErrors is the exit code of a session that completed with errors.
const exitWithErrors = 3

// askSession asks whether to start sessions. An operator may start with a few apps, and
// is asked again then.
func (l *local) askSession(ctx context.Context) (agreed bool, err error) {
	for {
		answer, err := l.askLine(ctx, "Start the first session and the schedule now? It writes to Oomnitza.\nYes, no, or how many apps to begin with [no]: ")
		if err != nil {
			return false, err
		}
		apps, notNumber := strconv.Atoi(answer)
		switch {
		case isYes(answer):
			return true, os.WriteFile(l.agreedPath(), nil, privateFile)
		case notNumber == nil && apps > 0:
			if _, err := l.watchChildren(ctx, "run", "--limit-apps", answer, "--follow"); err != nil {
				return false, err
			}
		case answer == "" || strings.HasPrefix(strings.ToLower(answer), "n"):
			l.say("There is no schedule: no session starts by itself. Run this again to go on.")
			return false, nil
		}
	}
}

// isYes reports whether an answer is a yes.
func isYes(answer string) bool {
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes"
}

// askYes asks for a yes or a no.
func (l *local) askYes(ctx context.Context, question string, otherwise bool) (bool, error) {
	choices := "y/N"
	if otherwise {
		choices = "Y/n"
	}
	answer, err := l.askLine(ctx, fmt.Sprintf("%s [%s]: ", question, choices))
	if err != nil || answer == "" {
		return otherwise, err
	}
	return isYes(answer), nil
}

// errNoAnswer is the end of the input.
var errNoAnswer = errors.New("the input has ended before an answer: nothing was written to Oomnitza")

// askLine asks for a line. It waits for the answer, or until ctx is done: nothing else ends
// a read of a terminal.
func (l *local) askLine(ctx context.Context, question string) (string, error) {
	if l.answers == nil {
		l.answers = bufio.NewReader(l.Stdin)
	}
	fmt.Fprint(l.Stdout, question)
	type line struct {
		text string
		err  error
	}
	got := make(chan line, 1)
	go func() {
		text, err := l.answers.ReadString('\n')
		got <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case c := <-l.ended:
		return "", c.describeDeath()
	case answer := <-got:
		if answer.err != nil && answer.text == "" {
			return "", errNoAnswer
		}
		return strings.TrimSpace(answer.text), nil
	}
}
