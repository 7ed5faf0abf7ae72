package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"defendersync/activities"
	"defendersync/internal/defender"
	"defendersync/internal/notify"
	"defendersync/internal/tenants"
)

// tenantChecks are the checks that a session makes when it opens, of either
// tenant by itself: Defender's build on each other.
type tenantChecks struct {
	list     []activities.Check
	in       activities.OpenInput
	oomnitza activities.Plan
	defender activities.Plan
}

// tenantChecks are activities.Checks one by one, with what they find in words.
func (d *doctor) tenantChecks() []diagnosis {
	checks := []diagnosis{{checkSettings, "", d.openTenants}}
	before := checkSettings
	for i, name := range activities.CheckNames() {
		after := checkSettings
		if i > 0 {
			after, before = before, name
		}
		checks = append(checks, diagnosis{name, after, func(ctx context.Context) found { return d.tenantCheck(ctx, i) }})
	}
	return checks
}

// openTenants reads the addresses, which asks nobody.
func (d *doctor) openTenants(context.Context) found {
	t, err := tenants.Open(d.settings)
	if err != nil {
		return bad(err)
	}
	a := activities.New(t.Defender, t.Limiter, t.Oomnitza, nil, activities.Options{RetryBase: 200 * time.Millisecond})
	d.tenants = &tenantChecks{list: a.Checks(), in: activities.OpenInput{Policy: d.settings.Policy()}}
	if len(t.Warnings) > 0 {
		return warn("%s", strings.Join(t.Warnings, "; "))
	}
	return well("%s to %s", d.settings.Defender.URL, d.settings.Oomnitza.URL)
}

// tenantCheck makes one of a session's own checks.
func (d *doctor) tenantCheck(ctx context.Context, i int) found {
	plan := &d.tenants.defender
	if i == 0 {
		plan = &d.tenants.oomnitza
	}
	warned := len(plan.Warnings)
	if err := d.tenants.list[i].Run(ctx, d.tenants.in, plan); err != nil {
		return bad(err)
	}
	text := d.tenants.says(i)
	if fresh := plan.Warnings[warned:]; len(fresh) > 0 {
		return warn("%s; %s", text, strings.Join(fresh, "; "))
	}
	if stale := staleStreams(plan.Seen(), plan.Began); i == 1 && stale != "" {
		return warn("%s; %s", text, stale)
	}
	return well("%s", text)
}

// says is what a check has found, in words.
func (t *tenantChecks) says(i int) string {
	switch i {
	case 0:
		p := t.in.Policy
		role := fmt.Sprintf("role %d has members", p.DefaultRole)
		if p.AllowUnusedRole {
			role = fmt.Sprintf("role %d, not looked at by INTEGRATION_ALLOW_UNUSED_ROLE", p.DefaultRole)
		}
		if p.IntegrationUser == "" {
			return role + "; INTEGRATION_USER is not set, so it is not checked who records are created by"
		}
		return fmt.Sprintf("%s; %s exists, and that the token is theirs is checked on the first record made", role, p.IntegrationUser)
	case 1:
		return streamsText(t.defender.Seen())
	}
	first := t.defender.First
	apps := fmt.Sprintf("about %d apps in the first stream", max(first.Total, len(first.Apps)))
	if !t.defender.Dialect.Known() {
		return apps + ", none with users to ask for"
	}
	return fmt.Sprintf("%s; their users by %s/…/%s/", apps, t.defender.Dialect.Prefix, t.defender.Dialect.UsersEndpoint)
}

// streamsText names the streams, with their last data and whether they hide
// who their users are.
func streamsText(streams []defender.Stream) string {
	text := make([]string, len(streams))
	for i, s := range streams {
		text[i] = s.Name
		if !s.LastData.IsZero() {
			text[i] += " (last data " + s.LastData.UTC().Format("2006-01-02 15:04 UTC") + ")"
		}
		if s.AnonymizeUsers {
			text[i] += " (users anonymised)"
		}
	}
	return "streams: " + strings.Join(text, ", ")
}

// staleAfter is how old a stream's last data may be before somebody should
// look: Defender recomputes four times a day, and a weekend may have no logs.
const staleAfter = 3 * 24 * time.Hour

// staleStreams says which streams have received no data for long.
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
	return fmt.Sprintf("no data for more than %s in %s: see Defender's log collectors", short(staleAfter), strings.Join(names, ", "))
}

// Names of the checks of the channels.
const checkChannels = "Notices: settings"

// channels are the checks of the ways that notices go.
func (d *doctor) channels() []diagnosis {
	var n *notify.Notifier
	return []diagnosis{
		{checkChannels, "", func(context.Context) found {
			var err error
			if n, err = notify.Open(d.settings.SMTP, d.settings.Notify); err != nil {
				return bad(err)
			}
			if len(d.settings.Integration.Contacts) == 0 {
				return warn("nobody is notified by email: set INTEGRATION_CONTACTS")
			}
			return well("contacts: %s", strings.Join(d.settings.Integration.Contacts, ", "))
		}},
		{"Notices: email", checkChannels, func(ctx context.Context) found {
			if !n.HasEmail() {
				return off("not set up: set SMTP_HOST")
			}
			return answered(n.CheckEmail(ctx), "the mail server at %s:%d takes our mail", d.settings.SMTP.Host, d.settings.SMTP.Port)
		}},
		{"Notices: webhook", checkChannels, func(ctx context.Context) found {
			if !n.HasWebhook() {
				return off("not set up: set NOTIFY_WEBHOOK_URL")
			}
			return answered(n.CheckWebhook(ctx), "its host answers; 'defendersync notifications test' shows whether it takes notices")
		}},
		{"Notices: ping", checkChannels, func(context.Context) found {
			if !n.HasPing() {
				return off("not set up: set NOTIFY_PING_URL")
			}
			return unclear("set up; not tried, since a ping tells of a good session")
		}},
	}
}

func answered(err error, format string, args ...any) found {
	if err != nil {
		return bad(err)
	}
	return well(format, args...)
}
