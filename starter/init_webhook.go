package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"defendersync/internal/config"
	"defendersync/internal/notify"
)

// webhookSettings are those of the webhook that init asks for.
var webhookSettings = [...]string{"NOTIFY_WEBHOOK_URL", "NOTIFY_WEBHOOK_URL_FILE", "NOTIFY_WEBHOOK_FORMAT", "NOTIFY_PAGERDUTY_ROUTING_KEY", "NOTIFY_PAGERDUTY_ROUTING_KEY_FILE"}

// askWebhook asks for the webhook, until its host answers or none is wanted.
func (i *initiation) askWebhook(ctx context.Context) error {
	i.giveBack(webhookSettings[:])
	return i.askChannel(ctx, i.askWebhookURL, i.testWebhook)
}

// askWebhookURL asks for all that belongs to the webhook, if one is wanted. Its URL is a
// secret: it has a key in it.
func (i *initiation) askWebhookURL() (wanted bool, err error) {
	wanted, err = i.askSecretSetting("NOTIFY_WEBHOOK_URL", "Webhook URL of a chat or pager"+explainLeaving("no webhook", i.hasSecret("NOTIFY_WEBHOOK_URL")))
	if err != nil {
		return false, err
	}
	if !wanted || !i.silent && strings.EqualFold(i.values["NOTIFY_WEBHOOK_URL"], leftOut) {
		i.forget(webhookSettings[:])
		return false, nil
	}
	offered := cmp.Or(i.values["NOTIFY_WEBHOOK_FORMAT"], notify.FitFormat(i.values["NOTIFY_WEBHOOK_URL"]))
	format, err := i.ask("What it gets: json, teams, slack or pagerduty", offered)
	if err != nil {
		return false, err
	}
	i.values["NOTIFY_WEBHOOK_FORMAT"] = format
	if format != config.WebhookPagerDuty {
		i.forget([]string{"NOTIFY_PAGERDUTY_ROUTING_KEY", "NOTIFY_PAGERDUTY_ROUTING_KEY_FILE"})
		return true, nil
	}
	_, err = i.askSecretSetting("NOTIFY_PAGERDUTY_ROUTING_KEY", "Integration key of the PagerDuty service")
	return true, err
}

// testWebhook asks the webhook's host whether it is there, and posts nothing.
func (i *initiation) testWebhook(ctx context.Context) error {
	settings, err := i.load(ctx)
	if err != nil {
		return usageError(err)
	}
	n, err := notify.OpenChannels(config.SMTP{}, settings.Notify)
	if err != nil {
		return usageError(err)
	}
	advice, wrong := n.AdviseFormat()
	if wrong {
		return usageError(errors.New(advice))
	}
	i.announceWait("asking the webhook's host …")
	if err := n.CheckWebhook(ctx); err != nil {
		return err
	}
	i.say("✓ The webhook's host answers; 'defendersync notifications test' posts a notice to it")
	if advice != "" {
		i.say("! %s", advice)
	}
	return nil
}
