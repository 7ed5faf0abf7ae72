package notify

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/testing/mailtest"
)

// everything opens all channels, and returns what each of them was sent.
func everything(t *testing.T) (n *Notifier, sent func() []string) {
	t.Helper()
	var asked []string
	web := serve(t, func(w http.ResponseWriter, r *http.Request) { asked = append(asked, strings.Trim(r.URL.Path, "/")) })
	mails := mailtest.StartServer(t, mailtest.Options{})
	n, err := OpenChannels(mails.SMTPSettings(), config.Notify{WebhookURL: config.NewSecret(web.URL + "/webhook"), PingURL: config.NewSecret(web.URL + "/ping")})
	if err != nil {
		t.Fatal(err)
	}
	return n, func() []string {
		out := slices.Clone(asked)
		for _, m := range mails.ListMails() {
			out = append(out, "email to "+strings.Join(m.To, " "))
		}
		return out
	}
}

func TestANoticeGoesThroughTheChannelThatIsAskedFor(t *testing.T) {
	for channel, want := range map[string]string{
		contract.ChannelEmail: "email to " + contact, contract.ChannelWebhook: "webhook", contract.ChannelPing: "ping",
	} {
		n, sent := everything(t)
		off, err := n.Deliver(t.Context(), contract.DeliverNoticeParams{Channel: channel, To: contact, Notice: failed()})
		if off || err != nil || !slices.Equal(sent(), []string{want}) {
			t.Errorf("%s: off %v, %v, sent %v", channel, off, err, sent())
		}
	}
}

func TestAChannelThatIsNotSetUpHasNothingToDo(t *testing.T) {
	none, err := OpenChannels(config.SMTP{}, config.Notify{})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]*Notifier{"no notifier": nil, "no channel": none} {
		for _, channel := range []string{contract.ChannelEmail, contract.ChannelWebhook, contract.ChannelPing} {
			if off, err := n.Deliver(t.Context(), contract.DeliverNoticeParams{Channel: channel}); !off || err != nil {
				t.Errorf("%s, %s: off %v, %v", name, channel, off, err)
			}
		}
		var e *Error
		if off, err := n.Deliver(t.Context(), contract.DeliverNoticeParams{Channel: "pigeon"}); off || !errors.As(err, &e) || !e.Permanent {
			t.Errorf("%s: %v", name, err)
		}
	}
}
