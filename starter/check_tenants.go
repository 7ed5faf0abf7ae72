package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/calendar"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/moment"
	"defendersync/internal/oomnitza"
	"defendersync/internal/preflight"
	"defendersync/internal/tenants"
)

// tenantChecks are the checks that a session makes when it opens, separately
// for each tenant. Those of Defender depend on each other.
type tenantChecks struct {
	client   *oomnitza.Client
	list     []preflight.Check
	checker  *preflight.Checker
	in       contract.OpenSessionParams
	oomnitza preflight.Findings
	defender preflight.Findings
}

// tenantDiagnoses returns the checks of package preflight one by one, with
// their findings in words.
func (d *doctor) tenantDiagnoses() []diagnosis {
	names := preflight.ListNames()
	checks := []diagnosis{{checkSettings, nil, d.openTenants}}
	for i, name := range names {
		after := checkSettings
		if i > 1 {
			after = names[i-1]
		}
		checks = append(checks, diagnosis{name, []string{after}, func(ctx context.Context) outcome { return d.checkTenant(ctx, i) }})
	}
	return append(checks, diagnosis{checkLists, []string{names[2]}, d.checkListOrder}, diagnosis{"Oomnitza: created by", []string{names[0], names[2]}, d.checkCreator})
}

// checkPatience is how long a check waits for a tenant that limits its
// requests. A session waits longer; a check should not.
const checkPatience = 3 * time.Minute

// checkLists is the name of the check of Defender's lists.
const checkLists = "Defender: order and length of lists"

// checkListOrder reports whether Defender's lists are sorted and can be read to
// their end, as far as a few requests can show it.
func (d *doctor) checkListOrder(ctx context.Context) outcome {
	got, err := d.tenants.checker.CheckLists(ctx, d.tenants.defender.Plan)
	switch text := strings.Join(append(got.Doubts, got.Well...), "; "); {
	case err != nil:
		return foundFailure(err)
	case len(got.Doubts) > 0:
		return foundWarning("%s", text)
	case text == "":
		return foundUnknown("there is no list to check")
	default:
		return foundOK("%s", text)
	}
}

// openTenants builds the clients of both tenants. It sends no request.
func (d *doctor) openTenants(context.Context) outcome {
	t, err := tenants.Open(d.settings, nil)
	if err != nil {
		return foundFailure(err)
	}
	checker := preflight.New(t.Defender, t.Oomnitza, 200*time.Millisecond)
	t.OnPause(func(w contract.Waiting) {
		fmt.Fprintf(d.c.err, "waiting: %s\n", w.Describe(zoneOfSettings(d.settings)))
	})
	d.waiting = func() contract.Waiting { return cmp.Or(t.Defender.Waiting(), t.Oomnitza.Waiting()) }
	d.tenants = &tenantChecks{client: t.Oomnitza, list: checker.ListChecks(), checker: checker, in: contract.OpenSessionParams{Policy: d.settings.SyncPolicy()}}
	if len(t.Warnings) > 0 {
		return foundWarning("%s", strings.Join(t.Warnings, "; "))
	}
	return foundOK("%s to %s", d.settings.Defender.URL, d.settings.Oomnitza.URL)
}

// checkTenant makes one of the checks of a session.
func (d *doctor) checkTenant(ctx context.Context, i int) outcome {
	plan := &d.tenants.defender
	if i == 0 {
		plan = &d.tenants.oomnitza
	}
	warned := len(plan.Warnings)
	within, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	if err := d.tenants.list[i].Run(within, d.tenants.in, plan); err != nil {
		if w := d.waiting(); within.Err() != nil && ctx.Err() == nil && w.IsOn() {
			err = fmt.Errorf("no answer within %s: %s", formatDuration(checkPatience), w)
		}
		return foundFailure(err)
	}
	text := d.tenants.describeCheck(i)
	if fresh := plan.Warnings[warned:]; len(fresh) > 0 {
		return foundWarning("%s; %s", text, strings.Join(fresh, "; "))
	}
	if i == 1 {
		if spared := d.describeSpared(ctx); spared != "" {
			text += "; " + spared
		}
	}
	if stale := staleStreams(plan.Seen, plan.Began); i == 1 && stale != "" {
		return foundWarning("%s; %s", text, stale)
	}
	if i == 2 && plan.Sample.IsMostlyDoubtful() {
		return foundWarning("%s: most users would be skipped; check INTEGRATION_USERNAME_FORMAT", text)
	}
	return foundOK("%s", text)
}

// describeCheck describes what a check has found.
func (t *tenantChecks) describeCheck(i int) string {
	switch i {
	case 0:
		p := t.in.Policy
		role := fmt.Sprintf("role %d has members", p.DefaultRole)
		if p.AllowUnusedRole {
			role = fmt.Sprintf("role %d (not checked, because of INTEGRATION_ALLOW_UNUSED_ROLE)", p.DefaultRole)
		}
		if p.IntegrationUser == "" {
			return role + "; INTEGRATION_USER is not set"
		}
		return fmt.Sprintf("%s; %s exists", role, p.IntegrationUser)
	case 1:
		return streamsText(t.defender.Seen, t.in.Policy.Zone())
	}
	first := t.defender.First
	apps := fmt.Sprintf("about %d apps in the first stream", max(first.Total, len(first.Apps)))
	if !t.defender.Dialect.KnowsUsers() {
		return apps + ", none of which has users"
	}
	return fmt.Sprintf("%s; their users by %s/…/%s/; %s", apps, t.defender.Dialect.Prefix, t.defender.Dialect.UsersEndpoint, t.defender.Sample)
}

// streamsText lists the streams with the time of their latest data, and whether
// they anonymise users.
func streamsText(streams []defender.Stream, zone *time.Location) string {
	text := make([]string, len(streams))
	for i, s := range streams {
		text[i] = s.Name
		if !s.LastData.IsZero() {
			text[i] += " (last data " + moment.Format(s.LastData, zone) + ")"
		}
		if s.AnonymizeUsers {
			text[i] += " (users anonymised)"
		}
	}
	return "streams: " + strings.Join(text, ", ")
}

// staleAfter is how old a stream's latest data may be before it is worth a
// warning: Defender recomputes four times a day, and a weekend may have no
// logs.
const staleAfter = 3 * 24 * time.Hour

// staleStreams describes the streams that have received no data for long; "" if
// there are none.
func staleStreams(streams []defender.Stream, now time.Time) string {
	var names []string
	for _, s := range streams {
		if !s.LastData.IsZero() && now.Sub(s.LastData) > staleAfter {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("no data for more than %s in %s: check Defender's log collectors", calendar.FormatDuration(staleAfter), strings.Join(names, ", "))
}
