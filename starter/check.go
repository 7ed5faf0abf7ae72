package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/activities"
	"defendersync/internal/config"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
	"defendersync/internal/wire"
	"defendersync/workflows"
)

// finding is the outcome of one check.
type finding struct {
	Check  string        `json:"check"`
	OK     bool          `json:"ok"`
	Took   time.Duration `json:"tookNs"`
	Detail string        `json:"detail,omitempty"`
}

// check looks at everything that a session needs.
func (c commands) check() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "check the settings, Temporal and both tenants, exactly as a session would, and write nothing",
		Description: "Needs the tenants' secrets in the environment, as the worker does. It costs three or four of Defender's requests.\n\n" +
			"Exit codes: 0 all is well, 1 something does not answer, 2 a setting is wrong.",
		Flags:        []cli.Flag{outputFlag()},
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.checkAll,
	}
}

func (c commands) checkAll(ctx *cli.Context) error {
	settings, err := config.Load(ctx.Context, c.environ, config.NeedIntegration|config.NeedTenants)
	if err != nil {
		return usage(err)
	}
	findings := []finding{c.checkTemporal(ctx.Context)}
	code := 0
	if !findings[0].OK {
		code = exitFailed
	}
	more, err := checkTenants(ctx.Context, settings)
	findings = append(findings, more...)
	if err != nil {
		code = exitFailed
		if kind := wire.KindOf(err); kind == wire.KindConfig || kind == wire.KindUnauthorized {
			code = exitUsage
		}
	}
	if err := c.printFindings(findings, ctx.String("output") == "json"); err != nil {
		return err
	}
	if code != 0 {
		return exit{code: code}
	}
	return nil
}

func (c commands) checkTemporal(ctx context.Context) finding {
	began := time.Now()
	f := finding{Check: "Temporal: address, namespace, search attributes"}
	conn, err := c.connect(ctx)
	if err == nil {
		defer conn.close()
		f.Detail = "namespace " + conn.namespace
		var missing []string
		missing, err = temporalx.MissingSearchAttributes(ctx, conn.temporal, conn.namespace, workflows.SearchAttributes())
		if len(missing) > 0 {
			err = fmt.Errorf("namespace %s lacks the search attributes %s (run 'defendersync setup' once)", conn.namespace, strings.Join(missing, ", "))
		}
	}
	f.Took = time.Since(began)
	if f.OK = err == nil; !f.OK {
		f.Detail = err.Error()
	}
	return f
}

// checkTenants makes the checks that a session makes when it opens. A check
// whose predecessor failed can't be made.
func checkTenants(ctx context.Context, settings config.Settings) ([]finding, error) {
	t, err := tenants.Open(settings)
	if err != nil {
		return []finding{{Check: "Tenants: settings", Detail: err.Error()}}, err
	}
	a := activities.New(t.Defender, t.Limiter, t.Oomnitza, nil, activities.Options{RetryBase: 200 * time.Millisecond})
	var plan activities.Plan
	var out []finding
	var failed error
	for i, check := range a.Checks() {
		if failed != nil && i > 1 {
			break
		}
		began := time.Now()
		err := check.Run(ctx, activities.OpenInput{Policy: settings.Policy()}, &plan)
		f := finding{Check: check.Name, OK: err == nil, Took: time.Since(began)}
		if err != nil {
			f.Detail, failed = err.Error(), firstOf(failed, err)
		} else {
			f.Detail = plan.Found(i)
		}
		out = append(out, f)
	}
	for _, w := range plan.Warnings {
		out = append(out, finding{Check: "note", OK: true, Detail: w})
	}
	return out, failed
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (c commands) printFindings(findings []finding, asJSON bool) error {
	if asJSON {
		return printJSON(c.out, findings)
	}
	for _, f := range findings {
		mark := "✓"
		switch {
		case f.Check == "note":
			mark = "!"
		case !f.OK:
			mark = "✗"
		}
		if f.Took > 0 {
			fmt.Fprintf(c.out, "%s %s (%s)\n", mark, f.Check, f.Took.Round(time.Millisecond))
		} else {
			fmt.Fprintf(c.out, "%s %s\n", mark, f.Check)
		}
		if f.Detail != "" {
			fmt.Fprintf(c.out, "    %s\n", f.Detail)
		}
	}
	return nil
}
