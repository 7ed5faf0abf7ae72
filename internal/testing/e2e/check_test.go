package e2e

import (
	"net"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/saas"
	"defendersync/internal/testing/mailtest"
)

// checked is what check found, by the check's name.
func (b *bench) checked(code int) map[string]found {
	b.t.Helper()
	out := b.Do(b.ctx, "check", "--output", "json")
	if out.Code != code {
		b.t.Errorf("check ended with %d, not %d: %s%s", out.Code, code, out.Out, out.Err)
	}
	var list []found
	b.decode(out.Out, &list)
	got := map[string]found{}
	for _, f := range list {
		got[f.Check] = f
	}
	return got
}

type found struct {
	Check, Status, Detail string
	OK                    bool
	TookNs                int64
}

// finds compares what check found with what it should.
func (b *bench) finds(got map[string]found, status string, names ...string) {
	b.t.Helper()
	for _, name := range names {
		if f := got[name]; f.Status != status || f.OK != (status != "failed") || f.Detail == "" {
			b.t.Errorf("%s is not %s: %+v", name, status, f)
		}
	}
}

func TestCheckFollowsAnInstallationFromTheFirstDayOn(t *testing.T) {
	_, port, err := net.SplitHostPort(closedPort(t))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, small(), "SMTP_HOST=127.0.0.1", "SMTP_PORT="+port, "SMTP_FROM=sync@contoso.com", "SMTP_TLS=none")
	tenants := []string{"Temporal: address and namespace", "Temporal: search attributes", "Tenants: settings",
		"Oomnitza: token, role, integration user", "Defender: token, streams", "Defender: discovered apps and their users"}
	got := b.checked(1) // because of the mail server
	b.finds(got, "ok", tenants...)
	b.finds(got, "warning", "Schedule", "Temporal: workers", "Watch", "Notices: settings")
	b.finds(got, "failed", "Notices: email")
	b.finds(got, "off", "Notices: webhook", "Notices: ping")
	b.finds(got, "unknown", "Oomnitza: last activity", "Oomnitza: created by")
	mail := mailtest.Start(t, mailtest.Options{})
	b.Env = append(b.Env, "SMTP_PORT="+strconv.Itoa(mail.Port), "INTEGRATION_CONTACTS=ann@contoso.com")
	b.schedule()
	got = b.checked(1)
	b.finds(got, "ok", "Schedule", "Watch", "Notices: settings")
	b.finds(got, "failed", "Temporal: workers") // sessions would start and wait
	b.finds(got, "ok", "Notices: email")
	b.worker()
	b.session(saas.OutcomeCompleted)
	got = b.checked(0)
	b.finds(got, "ok", append(tenants, "Schedule", "Watch", "Temporal: workers", "Oomnitza: last activity", "Oomnitza: created by")...)
	b.edit(func(s *client.Schedule) { s.Policy.CatchupWindow = time.Hour })
	b.says("check", b.checked(0)["Schedule"].Detail, []string{"catch-up window: 1h, by the settings 12h", "schedule apply"})
	b.done("schedule", "pause", "--reason", "audit week")
	got = b.checked(0)
	b.finds(got, "warning", "Schedule")
	b.says("check", got["Schedule"].Detail, []string{"audit week", "schedule resume"})
	if n := len(mail.Mails()); n > 0 {
		t.Errorf("check sent %d mails", n)
	}
}

func TestCheckKnowsFromASessionThatLastActivityIsNotKept(t *testing.T) {
	o := small()
	o.Variants.LastVisit = "ignored"
	b := newBench(t, o)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	got := b.checked(0)
	b.finds(got, "warning", "Oomnitza: last activity")
}

func TestACheckWhoseForerunnerFailedSaysSo(t *testing.T) {
	b := newBench(t, small(), "TEMPORAL_ADDRESS="+closedPort(t), "DEFENDER_API_KEY="+wrongSecret)
	got := b.checked(2)
	b.finds(got, "failed", "Temporal: address and namespace", "Defender: token, streams")
	b.finds(got, "unknown", "Temporal: search attributes", "Temporal: workers", "Schedule", "Watch", "Oomnitza: last activity", "Oomnitza: created by", "Defender: discovered apps and their users")
	b.finds(got, "ok", "Oomnitza: token, role, integration user")
}
