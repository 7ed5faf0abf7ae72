package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/envelope"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/sheet"
)

// checkCommand checks everything that a session needs.
func (c commands) checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "Check the settings, Temporal, both tenants, the notification channels and the schedule",
		Description: describe("Writes nothing and sends no email or notice. Needs the same settings as the worker, including the tenants' "+
			"secrets. The tenants are checked exactly as at the start of a session, which takes three or four requests to "+
			"Defender.\n\n"+
			"Each check is marked: ✓ is fine, ! works but needs attention, ✗ is wrong, – is not configured or could not be "+
			"checked.\n\n"+
			"--settings looks at the settings alone, the worker's and this command's, and asks nobody. --columns prints the checks as a "+
			"table, once all are made.\n\n"+
			"Exit codes: 0 nothing is wrong; 1 something is wrong; 2 a setting or a token is wrong.",
			"defendersync check",
			"defendersync check --settings",
			"defendersync check --columns status,check,detail",
			"defendersync check --output json"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "settings", Usage: "check the settings alone, and ask nobody"},
			outputFlag(), columnsFlag(findingColumns()...),
		},
		Action: c.runChecks,
	}
}

func (c commands) runChecks(ctx *cli.Context) error {
	keys, err := tableKeys(ctx, ctx.String("output"), findingColumns()...)
	if err != nil {
		return err
	}
	if ctx.Bool("settings") {
		return c.checkSettings(ctx, keys)
	}
	settings, err := config.Load(ctx.Context, c.environ, config.NeedIntegration|config.NeedTenants)
	if err != nil {
		return usageError(err)
	}
	d := &doctor{c: c, settings: settings}
	defer d.closeConnection()
	inLines := ctx.String("output") != "json" && keys == nil
	findings := runDiagnoses(ctx.Context, d.allDiagnoses(), func(f finding) {
		if inLines {
			c.printFinding(f)
		}
	})
	if !inLines {
		if err := c.writeFindings(ctx, settings.Integration.Name, findings, keys); err != nil {
			return err
		}
	}
	if code := exitCodeOf(findings); code != 0 {
		return exitError{code: code}
	}
	return ctx.Context.Err()
}

// status is the result of a check.
type status string

const (
	statusOK      status = "ok"
	statusWarning status = "warning" // works, but needs attention
	statusFailed  status = "failed"
	statusOff     status = "off"     // not configured
	statusUnknown status = "unknown" // could not be found out
)

// chooseMark returns the mark of a status and its colour.
func (s status) chooseMark() (string, sheet.Color) {
	switch s {
	case statusOK:
		return "✓", sheet.Green
	case statusWarning:
		return "!", sheet.Yellow
	case statusFailed:
		return "✗", sheet.Red
	}
	return "–", ""
}

// outcome is what a check reports.
type outcome struct {
	status status
	detail string
	err    error // why it failed
}

func foundOK(format string, args ...any) outcome {
	return outcome{status: statusOK, detail: fmt.Sprintf(format, args...)}
}

func foundWarning(format string, args ...any) outcome {
	return outcome{status: statusWarning, detail: fmt.Sprintf(format, args...)}
}

func foundOff(format string, args ...any) outcome {
	return outcome{status: statusOff, detail: fmt.Sprintf(format, args...)}
}

func foundUnknown(format string, args ...any) outcome {
	return outcome{status: statusUnknown, detail: fmt.Sprintf(format, args...)}
}

func foundFailure(err error) outcome { return outcome{status: statusFailed, err: err} }

// finding is a check with its outcome.
type finding struct {
	Check  string           `json:"check"`
	Status status           `json:"status"`
	OK     bool             `json:"ok"` // nothing is wrong
	Took   envelope.Seconds `json:"tookSeconds"`
	Detail string           `json:"detail,omitempty"` // what was found, or what is wrong and what to do

	err error
}

// diagnosis is one check. It runs once the checks that it depends on have
// succeeded; independent checks run concurrently.
type diagnosis struct {
	name  string
	after []string // names of the checks it builds on, which stand before it
	look  func(context.Context) outcome
}

// pending is a check that is running.
type pending struct {
	done    chan struct{}
	finding finding
}

// runDiagnoses runs checks and reports their findings in the order of the
// checks, each as soon as those before it are reported.
func runDiagnoses(ctx context.Context, checks []diagnosis, each func(finding)) []finding {
	byName := map[string]*pending{}
	all := make([]*pending, len(checks))
	for i, check := range checks {
		p := &pending{done: make(chan struct{})}
		var before []*pending
		for _, name := range check.after {
			before = append(before, byName[name])
		}
		all[i], byName[check.name] = p, p
		go func() {
			defer close(p.done)
			p.finding = check.runAfter(ctx, before)
		}()
	}
	var out []finding
	for _, p := range all {
		<-p.done
		each(p.finding)
		out = append(out, p.finding)
	}
	return out
}

// runAfter runs a check unless one that it depends on has failed.
func (d diagnosis) runAfter(ctx context.Context, before []*pending) finding {
	for _, p := range before {
		<-p.done
		if !p.finding.isSound() {
			return finding{Check: d.name, Status: statusUnknown, OK: true, Detail: "not checked: fix '" + p.finding.Check + "' first"}
		}
	}
	return d.runAlone(ctx)
}

// isSound reports whether dependent checks may run.
func (f finding) isSound() bool { return f.Status == statusOK || f.Status == statusWarning }

// runAlone runs a check and measures how long it takes.
func (d diagnosis) runAlone(ctx context.Context) finding {
	began := time.Now()
	got := d.look(ctx)
	f := finding{Check: d.name, Status: got.status, OK: got.status != statusFailed, Took: envelope.Seconds(time.Since(began)), Detail: got.detail, err: got.err}
	if got.err != nil {
		f.Detail = got.err.Error()
	}
	f.Detail = strings.Join(strings.Fields(strings.ReplaceAll(f.Detail, "\n", "; ")), " ")
	return f
}

// findingColumns are the columns of the findings as a table.
func findingColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "check", Title: "Check", Kind: sheet.Name}, {Key: "status", Title: "Status", Kind: sheet.Name, Color: func(cell any) sheet.Color {
			word, _ := cell.(string)
			_, colour := status(word).chooseMark()
			return colour
		}},
		{Key: "ok", Title: "OK", Kind: sheet.Bool}, {Key: "tookSeconds", Title: "Took (seconds)", Kind: sheet.Number}, {Key: "detail", Title: "Detail", Kind: sheet.Prose},
	}
}

// writeFindings writes all findings: as JSON, or as a table where keys name its columns.
func (c commands) writeFindings(ctx *cli.Context, integration string, findings []finding, keys []string) error {
	if keys == nil {
		return envelope.WriteList(c.out, c.headOf(ctx, integration), findings)
	}
	table := textTable{columns: findingColumns()}
	for _, f := range findings {
		table.rows = append(table.rows, sheet.Row{f.Check, string(f.Status), f.OK, time.Duration(f.Took).Round(time.Millisecond).Seconds(), f.Detail})
	}
	return c.printTable(ctx.Context, "", table, keys, time.UTC)
}

// printFinding prints a finding in one line.
func (c commands) printFinding(f finding) {
	c = c.forPeople()
	sign, colour := f.Status.chooseMark()
	fmt.Fprintf(c.out, "%s %s", c.paintText(sign, colour), f.Check)
	if f.Status != statusUnknown && f.Status != statusOff {
		fmt.Fprintf(c.out, " (%s)", time.Duration(f.Took).Round(time.Millisecond))
	}
	if f.Detail != "" {
		fmt.Fprintf(c.out, ": %s", f.Detail)
	}
	fmt.Fprintln(c.out)
}

// exitCodeOf returns the exit code for findings.
func exitCodeOf(findings []finding) int {
	code := 0
	for _, f := range findings {
		if f.OK {
			continue
		}
		code = max(code, exitFailed)
		var channel *notify.Error
		if settings := (exitError{}); errors.As(f.err, &settings) && settings.code == exitUsage {
			return exitUsage
		}
		switch kind := httpx.KindOf(f.err); {
		case kind == httpx.KindConfig, kind == httpx.KindUnauthorized:
			return exitUsage
		case errors.As(f.err, &channel) && channel.Permanent && channel.Status != 0:
			return exitUsage
		}
	}
	return code
}
