package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"defendersync/internal/config"
	"defendersync/internal/notify"
)

// mailSettings are those of the mail server that init asks for.
var mailSettings = [...]string{"SMTP_HOST", "SMTP_PORT", "SMTP_TLS", "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_PASSWORD_FILE", "SMTP_FROM"}

// implicitTLS is the port on which mail servers speak TLS from the first byte (RFC 8314).
const implicitTLS = "465"

// askMail asks for the mail server, until it lets us in or none is wanted.
func (i *initiation) askMail(ctx context.Context) error {
	i.giveBack(mailSettings[:])
	return i.askChannel(ctx, i.askMailServer, i.testMail)
}

// askMailServer asks for all that belongs to the mail server, if one is wanted.
func (i *initiation) askMailServer() (wanted bool, err error) {
	host, err := i.askOptional("Mail server for notices", "no mail, notices in the app only", i.values["SMTP_HOST"])
	if err != nil {
		return false, err
	}
	if host == "" {
		if i.sends {
			return false, usageError(errors.New("--test-mail: there is no mail server, so SMTP_HOST is needed"))
		}
		i.forget(mailSettings[:])
		return false, nil
	}
	i.values["SMTP_HOST"] = host
	if i.values["SMTP_PORT"], err = i.ask("Its port", cmp.Or(i.values["SMTP_PORT"], "587")); err != nil {
		return false, err
	}
	mode := "starttls"
	if i.values["SMTP_PORT"] == implicitTLS {
		mode = "tls"
	}
	if i.values["SMTP_TLS"], err = i.ask("Its encryption: starttls, tls (from the first byte, usually port 465) or none", cmp.Or(i.values["SMTP_TLS"], mode)); err != nil {
		return false, err
	}
	if err = i.askMailUser(); err != nil {
		return false, err
	}
	sender := i.values["SMTP_FROM"]
	if user := i.values["SMTP_USERNAME"]; sender == "" && strings.Contains(user, "@") {
		sender = user
	}
	i.values["SMTP_FROM"], err = i.ask("Sender address of the notices", sender)
	return true, err
}

// askMailUser asks for the account at the mail server, if it wants one.
func (i *initiation) askMailUser() error {
	user, err := i.askOptional("User to log in as", "no login", i.values["SMTP_USERNAME"])
	if err != nil {
		return err
	}
	i.values["SMTP_USERNAME"] = user
	if user == "" {
		i.forget([]string{"SMTP_PASSWORD", "SMTP_PASSWORD_FILE"})
		return nil
	}
	_, err = i.askSecretSetting("SMTP_PASSWORD", "Password")
	return err
}

// testMail connects to the mail server and logs in. It sends a mail only if somebody
// says so.
func (i *initiation) testMail(ctx context.Context) error {
	settings, err := i.load(ctx)
	if err != nil {
		return usageError(err)
	}
	n, err := notify.OpenChannels(settings.SMTP, config.Notify{})
	if err != nil {
		return usageError(err)
	}
	i.announceWait("asking the mail server at %s …", n.MailServer())
	if err := n.CheckEmail(ctx); err != nil {
		return err
	}
	if settings.SMTP.Username != "" {
		i.say("✓ The mail server at %s answers and accepts the login", n.MailServer())
	} else {
		i.say("✓ The mail server at %s answers", n.MailServer())
	}
	return i.sendTestMail(ctx, n, settings.Integration)
}

// sendTestMail sends a mail to each contact, if that is wanted.
func (i *initiation) sendTestMail(ctx context.Context, n *notify.Notifier, to config.Integration) error {
	wanted := i.sends
	switch {
	case len(to.Contacts) == 0 && wanted:
		return usageError(errors.New("--test-mail: there is nobody to send it to, so INTEGRATION_CONTACTS is needed"))
	case len(to.Contacts) == 0:
		return nil
	case !wanted && !i.silent:
		var err error
		if wanted, err = i.confirm(fmt.Sprintf("Send a test mail to %s?", strings.Join(to.Contacts, ", "))); err != nil {
			return err
		}
	}
	if !wanted {
		return nil
	}
	what := testNotice(to, "defendersync init", i.now())
	for _, contact := range to.Contacts {
		if err := n.EmailNotice(ctx, what, contact); err != nil {
			return err
		}
		i.say("✓ The mail server took a test mail to %s", contact)
	}
	return nil
}
