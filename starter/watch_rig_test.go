package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// contacted are the settings of a mail server and of a contact who reads there.
func contacted(t *testing.T) (*mailtest.Server, []string) {
	t.Helper()
	mails := mailtest.StartServer(t, mailtest.Options{})
	return mails, []string{
		"INTEGRATION_CONTACTS=ann@contoso.com", "SMTP_HOST=127.0.0.1", "SMTP_PORT=" + strconv.Itoa(mails.Port), "SMTP_FROM=sync@contoso.com",
		"SMTP_TLS=none", "TEMPORAL_UI_URL=http://temporal.example:8233",
		"INTEGRATION_STALL_AFTER=1h", "INTEGRATION_NO_PROGRESS=1h", "INTEGRATION_MISSED_GRACE=2s", "INTEGRATION_WATCH_EVERY=1s",
	}
}

func TestWatchIsOKWhileSessionsComplete(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.session(exitCompleted)
	line := r.run("watch").ends(plugOK).quiet().prints("DEFENDERSYNC OK - last completed session ended ", ", next start ", " | running=0 unread=0 last_good_age=")
	if strings.Count(line.out, "\n") != 1 {
		t.Errorf("it is more than a line: %s", line.out)
	}
	var v verdictJSON
	r.run("watch", "--output", "json").ends(plugOK).decode(&v)
	if v.Status != "OK" || v.LastGood.IsZero() || v.Next.IsZero() || len(v.Problems) != 0 || v.Paused != nil {
		t.Errorf("as JSON it is %+v", v)
	}
}

func TestWatchWarnsOfWhatKeepsSessionsFromStarting(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("watch").ends(plugWarning).prints("DEFENDERSYNC WARNING - ", "there is no schedule", "the Watch workflow is not running")
	stop := r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("watch").ends(plugOK).prints("no session has completed yet")
	r.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted)
	r.run("watch").ends(plugOK).prints("paused for ", "audit week")
	var v verdictJSON
	r.run("watch", "--output", "json").ends(plugOK).decode(&v)
	if v.Paused == nil || !v.Paused.OnPurpose || !v.Next.IsZero() {
		t.Errorf("as JSON it is %+v", v)
	}
	r.edit(func(s *client.Schedule) { s.State.Note = "Paused via Web UI" })
	r.run("watch").ends(plugWarning).prints("the schedule is paused: Paused via Web UI")
	stop()
}

func TestWatchIsUnknownWhereTemporalCannotBeAsked(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.runWith([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "watch").ends(plugUnknown).prints("DEFENDERSYNC UNKNOWN - ", "127.0.0.1:1")
	r.runWith([]string{"INTEGRATION_NAME=not a name"}, "watch").ends(plugUnknown).prints("DEFENDERSYNC UNKNOWN - ", "INTEGRATION_NAME")
	r.run("watch", "now").ends(plugUnknown).says(`"now"`)
	r.run("watch", "--patience", "long").ends(plugUnknown).says("patience")
	r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=k:" + keyOne}, "schedule", "apply").ends(exitCompleted)
	r.run("watch").ends(plugUnknown).prints("PAYLOAD_ENCRYPTION_KEY")
}

func TestAFailedSessionIsANoticeThatIsListedAndRead(t *testing.T) {
	mails, settings := contacted(t)
	r := newRig(t, simulator.Options{}, settings...)
	r.run("notifications", "list").ends(exitCompleted).quiet().prints("no notices\n")
	r.run("notifications", "read", "--all").ends(exitCompleted).says("no notices")
	r.work("DEFENDER_API_KEY=revoked-token-4711")
	r.run("schedule", "apply").ends(exitCompleted)
	failed := r.session(exitFailed)
	var rows []noticeJSON
	eventually(t, "the notice", func() bool {
		r.run("notifications", "list", "--output", "json").ends(exitCompleted).decode(&rows)
		return len(rows) == 1 && len(mails.ListMails()) == 1
	})
	if got := rows[0]; got.ID != nameNotice(got.Key) || got.Kind != contract.NoticeFailed || got.Session != failed.Session || got.Read || !strings.Contains(got.WebUI, "http://temporal.example:8233/") {
		t.Errorf("it is listed as %+v", got)
	}
	r.run("watch").ends(plugCritical).prints("DEFENDERSYNC CRITICAL - ", "unread=1")
	r.run("notifications", "list").ends(exitCompleted).quiet().golden("notifications_list", rows[0].ID, "kdwzrb")
	r.run("notifications", "list", "--columns", "ID, todo").ends(exitCompleted).prints("Id      To do\n" + rows[0].ID + "  " + rows[0].Todo)
	r.run("notifications", "read", rows[0].ID).ends(exitCompleted).quiet().golden("notifications_read", `Defender: .*`, "WHY", rows[0].ID, "kdwzrb")
	eventually(t, "it is read", func() bool {
		return r.run("notifications", "list", "--unread").ends(exitCompleted).out == "no notices\n"
	})
	r.run("notifications", "list").ends(exitCompleted).prints(rows[0].ID + "  yes   20")
	var read []noticeJSON
	r.run("notifications", "read", rows[0].Key, strings.ToUpper(rows[0].ID), "--output", "json").ends(exitCompleted).decode(&read)
	if len(read) != 1 || read[0].Key != rows[0].Key {
		t.Errorf("it reads %+v", read)
	}
	r.run("notifications", "read").ends(exitUsage).says("notifications list", "--all")
	r.run("notifications", "read", "7", "1").ends(exitUsage).says(`no notice "7"`, `"1" is a position`, "is now "+rows[0].ID)
	if words := completed(t, "notifications", "read", ""); words != "" {
		t.Errorf("without Temporal, %s is completed", words)
	}
	r.run(completeName, "notifications", "read", "").ends(exitCompleted).prints(rows[0].ID + "\tThe session failed")
	r.run("notifications", "list", "now").ends(exitUsage).says(`"now"`)
	r.runWith([]string{"TEMPORAL_NAMESPACE=nowhere"}, "notifications", "list").ends(exitFailed).says("nowhere")
}

func TestAMailThatIsNotTakenIsToldBesideTheNotices(t *testing.T) {
	mails, settings := contacted(t)
	mails.Close()
	r := newRig(t, simulator.Options{}, settings...)
	r.work("DEFENDER_API_KEY=revoked-token-4711")
	r.run("schedule", "apply").ends(exitCompleted)
	r.session(exitFailed)
	eventually(t, "the failed delivery", func() bool {
		return strings.Contains(r.run("notifications", "list").ends(exitCompleted).err, "not delivered by email ann@contoso.com after ")
	})
	r.run("watch", "--notify=false").ends(plugCritical).prints("a notice was not delivered by email")
}

func TestWithoutAWorkerTheWatchCommandNotifiesOnce(t *testing.T) {
	mails, settings := contacted(t)
	r := newRig(t, simulator.Options{}, settings...)
	r.run("schedule", "apply").ends(exitCompleted)
	r.missStart()
	var v verdictJSON
	eventually(t, "the start is missed and told", func() bool {
		r.run("watch", "--patience", "100ms", "--output", "json").decode(&v)
		return len(v.Notified) > 0
	})
	if v.Code != plugCritical || len(v.Notified) != 1 || v.Notified[0].Kind != contract.NoticeMissed {
		t.Errorf("it tells %+v", v)
	}
	r.run("watch", "--patience", "100ms").ends(plugCritical).prints("no worker is polling", "unread=1")
	if n := len(mails.ListMails()); n != 1 {
		t.Errorf("%d mails came", n)
	}
	r.run("notifications", "list").ends(exitCompleted).prints("missed")
}

func TestANoticeThatTheWatchCommandCannotDeliverIsKnownToTheNextCall(t *testing.T) {
	mails, settings := contacted(t)
	mails.Close()
	r := newRig(t, simulator.Options{}, settings...)
	r.run("schedule", "apply").ends(exitCompleted)
	r.missStart()
	var v verdictJSON
	eventually(t, "the delivery fails", func() bool {
		r.run("watch", "--patience", "100ms", "--output", "json").decode(&v)
		return len(v.Failed) > 0
	})
	if len(v.Notified) != 1 || v.Code != plugCritical || !strings.Contains(v.Summary, "a notice was not delivered") {
		t.Errorf("it tells %+v", v)
	}
	// It is known, and not told a second time.
	r.run("watch", "--patience", "100ms", "--output", "json").ends(plugCritical).decode(&v)
	if len(v.Notified) != 0 || v.Unread != 1 || !strings.Contains(v.Summary, "a notice was not delivered by email") {
		t.Errorf("the next call tells %+v", v)
	}
}

// missStart has the schedule start a session in a moment, for which there is no
// worker.
func (r *rig) missStart() {
	at := time.Now().Add(time.Second).Truncate(time.Second).Add(time.Second).UTC()
	r.edit(func(s *client.Schedule) {
		const period = 24 * time.Hour
		s.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: period, Offset: at.Sub(at.Truncate(period))}}}
	})
}
