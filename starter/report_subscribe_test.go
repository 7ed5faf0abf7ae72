package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

const subscribedReports = `
[most-used]
question = "apps"
title = "Most used apps"
top = 3
columns = ["name", "activeUsers"]
subscribers = ["ann@contoso.com", "bob@contoso.com"]
schedule = "every 7d"

[websites]
question = "websites"
suffix = ".cn"
domains = false
subscribers = ["ann@contoso.com"]
schedule = "0 7 * * 1"
timezone = "Europe/Berlin"

[loose]
question = "apps"
`

// newReader is an integration with a file of reports, a mail server, and
// tenants as a session left them.
func newReader(t *testing.T) (r *rig, mailed func() int, file string) {
	t.Helper()
	mails, settings := contacted(t)
	file = filepath.Join(t.TempDir(), "reports.toml")
	writeFile(t, file, subscribedReports)
	r = newRig(t, simulator.Options{Seed: 7, Apps: 20, People: 40, Pairs: 200, Synced: true}, append(settings, "REPORTS_FILE="+file)...)
	return r, func() int { return len(mails.ListMails()) }, file
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// subscription is a row of `report subscribe --list --output json`.
type subscription struct{ Name, Schedule, Outcome, Subscribers string }

func (r *rig) subscriptions() []subscription {
	r.t.Helper()
	var answer []subscription
	r.run("report", "subscribe", "--list", "--output", "json").ends(exitCompleted).decode(&answer)
	return answer
}

func TestReportsAreSubscribedUpdatedAndUnsubscribed(t *testing.T) {
	r, _, file := newReader(t)
	r.run("report", "subscribe", "--list").ends(exitCompleted).prints("no reports are subscribed")
	r.run("report", "unsubscribe", "--all").ends(exitCompleted).prints("no reports are subscribed")
	r.run("report", "subscribe", "--all").ends(exitCompleted).quiet().
		prints("report most-used: subscribed (every 7d, to ann@contoso.com, bob@contoso.com)\n", "report websites: subscribed (", ", to ann@contoso.com)\n")
	r.run("report", "subscribe", "most-used").ends(exitCompleted).prints("report most-used: unchanged (")
	if got := r.subscriptions(); len(got) != 2 || got[0].Name != "most-used" || got[0].Schedule != "every 7d" || got[0].Subscribers != "ann@contoso.com, bob@contoso.com" || got[1].Name != "websites" {
		t.Errorf("subscribed are %+v", got)
	}
	r.run("report", "subscribe", "--list").ends(exitCompleted).prints("most-used", "every 7d", "ann@contoso.com")

	writeFile(t, file, strings.Replace(subscribedReports, "every 7d", "every 1d", 1))
	r.run("report", "subscribe", "most-used").ends(exitCompleted).prints("report most-used: updated (every 1d,")
	d, err := r.temporal.ScheduleClient().GetHandle(t.Context(), contract.ReportID(r.Name, "most-used")).Describe(t.Context())
	if err != nil || len(d.Schedule.Spec.Intervals) != 1 || d.Schedule.Spec.Intervals[0].Every.Hours() != 24 {
		t.Errorf("its schedule is %+v, %v", d, err)
	}

	writeFile(t, file, "[most-used]\nquestion = \"apps\"\nsubscribers = [\"ann@contoso.com\"]\nschedule = \"every 1d\"\n")
	r.run("report", "subscribe", "--all").ends(exitCompleted).says("report websites is still subscribed, but not in the reports file", "defendersync report unsubscribe websites")
	r.run("report", "unsubscribe", "websites", "nothing").ends(exitCompleted).prints("report websites: unsubscribed\n", "report nothing: was not subscribed\n")
	r.run("report", "unsubscribe", "--all").ends(exitCompleted).prints("report most-used: unsubscribed\n")
	if got := r.subscriptions(); len(got) != 0 {
		t.Errorf("still subscribed are %+v", got)
	}
}

func TestASubscribedReportIsMailedNow(t *testing.T) {
	r, mailed, _ := newReader(t)
	r.work()
	r.run("report", "subscribe", "most-used", "--now").ends(exitCompleted).prints("report most-used: subscribed (", "sending")
	eventually(t, "both mails", func() bool { return mailed() == 2 })
	eventually(t, "it is told as sent", func() bool { return r.subscriptions()[0].Outcome == "sent" })
}

func TestAPausedSubscriptionIsToldAsPaused(t *testing.T) {
	r, _, _ := newReader(t)
	r.run("report", "subscribe", "most-used").ends(exitCompleted)
	handle := r.temporal.ScheduleClient().GetHandle(t.Context(), contract.ReportID(r.Name, "most-used"))
	if err := handle.Pause(t.Context(), client.SchedulePauseOptions{Note: "on leave"}); err != nil {
		t.Fatal(err)
	}
	if got := r.subscriptions(); got[0].Schedule != "paused: on leave" {
		t.Errorf("subscribed are %+v", got)
	}
}

func TestASubscriptionUnderAnotherKeyIsUpdatedAndListedAsFarAsItCanBeRead(t *testing.T) {
	r, _, _ := newReader(t)
	key := []string{"PAYLOAD_ENCRYPTION_KEY=k:" + keyOne}
	r.run("report", "subscribe", "most-used").ends(exitCompleted)
	r.runWith(key, "report", "subscribe", "most-used").ends(exitCompleted).prints("report most-used: updated (")
	r.runWith(key, "report", "subscribe", "most-used").ends(exitCompleted).prints("report most-used: unchanged (")
	r.run("report", "subscribe", "--list").ends(exitFailed).says("PAYLOAD_ENCRYPTION_KEY")
	r.runWith([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "report", "subscribe", "--all").ends(exitFailed).says("TEMPORAL_ADDRESS")
}

func TestASubscriptionTellsWhatBecameOfItsLastMail(t *testing.T) {
	r, mailed, _ := newReader(t)
	r.run("report", "subscribe", "most-used", "--now").ends(exitCompleted)
	eventually(t, "it is being sent", func() bool { return r.subscriptions()[0].Outcome == "sending" })
	stop := r.work("SMTP_HOST=")
	eventually(t, "it has failed", func() bool {
		return strings.HasPrefix(r.subscriptions()[0].Outcome, "failed: see http://temporal.example:8233/")
	})
	stop()
	r.work()
	r.run("report", "subscribe", "most-used", "--now").ends(exitCompleted).prints("report most-used: unchanged (", "sending")
	eventually(t, "both mails", func() bool { return mailed() == 2 })
}
