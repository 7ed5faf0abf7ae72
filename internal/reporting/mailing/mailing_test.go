package mailing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
	"defendersync/internal/testing/mailtest"
)

func TestAReportReachesEachSubscriberAsAWorkbook(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	result, err := r.send(r.job("ann@contoso.com", "bob@contoso.com"))
	if err != nil || result.Rows != 3 || !slices.Equal(result.Mailed, []string{"ann@contoso.com", "bob@contoso.com"}) || len(result.Unmailed) != 0 {
		t.Fatalf("got %+v, %v", result, err)
	}
	mails := r.server.ListMails()
	if len(mails) != 2 || mails[0].To[0] != "ann@contoso.com" || mails[1].To[0] != "bob@contoso.com" {
		t.Fatalf("mails to %v", mails)
	}
	mail := mails[0].ParseMail(t)
	if got := mail.GetHeader("Subject"); got != "Most used apps (3 rows)" {
		t.Errorf("subject %q", got)
	}
	if got := mail.GetHeader("Date"); !strings.HasPrefix(got, "Mon, 30 Nov 2026 06:00:00") {
		t.Errorf("date %q", got)
	}
	for _, want := range []string{"The attached workbook has 3 rows.", "Saved as: top", "integration contoso; schedule: every 7d.", `off report "top"`} {
		if !strings.Contains(mail.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, mail.Text)
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(mail.Attachments["top.xlsx"]))
	if err != nil {
		t.Fatalf("attachments %v: %v", len(mail.Attachments), err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 4 || len(rows[0]) != 2 || rows[0][0] != "Name" {
		t.Fatalf("rows %v, %v", rows, err)
	}
	most := 0
	for _, app := range r.sim.Holdings().SaaS {
		most = max(most, app.Visited)
	}
	if held := r.sim.Holdings().SaaS[rows[1][0]]; held.Visited != most {
		t.Errorf("first is %s with %d active users, not the most used app with %d", rows[1][0], held.Visited, most)
	}
}

func TestAnEmptyAnswerIsMailedAsSuch(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com")
	job.Report.Filters["min-active-users"] = "100000"
	if result, err := r.send(job); err != nil || result.Rows != 0 {
		t.Fatalf("got %+v, %v", result, err)
	}
	mail := r.server.ListMails()[0].ParseMail(t)
	if mail.GetHeader("Subject") != "Most used apps (0 rows)" || !strings.Contains(mail.Text, "No rows match. The attached workbook") || len(mail.Attachments) != 1 {
		t.Errorf("got %q, %d attachments, %s", mail.GetHeader("Subject"), len(mail.Attachments), mail.Text)
	}
}

func TestTheMailHasTheNotesOfTheAnswer(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	r.policy.IntegrationUser = ""
	if _, err := r.send(r.job("ann@contoso.com")); err != nil {
		t.Fatal(err)
	}
	if text := r.server.ListMails()[0].ParseMail(t).Text; strings.Count(text, "Note: INTEGRATION_USER is not set") != 1 {
		t.Errorf("got %s", text)
	}
}

func TestThresholdsTravelWithTheReport(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com")
	job.Report = contract.Report{Name: "idle", Question: contract.QuestionUsers, Filters: map[string]string{"all-apps": "true", "inactive": "true"}, Subscribers: job.Report.Subscribers}
	whole, err := r.send(job)
	if err != nil {
		t.Fatal(err)
	}
	job.Policy.ActiveThreshold = 5 * saas.Day
	strict, err := r.send(job)
	if err != nil || strict.Rows <= whole.Rows {
		t.Errorf("%d are inactive after five days, %d after sixty; %v", strict.Rows, whole.Rows, err)
	}
}

func TestAnInvalidQuestionIsAnErrorAndMailsNothing(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	for name, change := range map[string]func(*Job){
		"an app that there is not": func(j *Job) {
			j.Report = contract.Report{Name: "x", Question: contract.QuestionUsers, Filters: map[string]string{"app": "Nope"}}
		},
		"an unknown filter":   func(j *Job) { j.Report.Filters = map[string]string{"owner": "x"} },
		"an unknown column":   func(j *Job) { j.Report.Columns = []string{"owner"} },
		"an unknown question": func(j *Job) { j.Report.Question = "people" },
	} {
		job := r.job("ann@contoso.com")
		change(&job)
		if _, err := r.send(job); !query.IsInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(r.server.ListMails()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestWithoutAMailServerNothingIsRead(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	r.Mail = nil
	if _, err := r.send(r.job("ann@contoso.com")); !errors.Is(err, ErrNoMailServer) || !strings.Contains(err.Error(), "SMTP_HOST") {
		t.Errorf("got %v", err)
	}
	if n := r.sim.Requests().Routes; len(n) != 0 {
		t.Errorf("asked %v", n)
	}
}

func TestNoFileIsLeftBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	r := newRig(t, mailtest.Options{})
	if _, err := r.send(r.job("ann@contoso.com")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), "report") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestTheProgressSaysWhatIsBeingDone(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	var recorded []contract.SendReportProgress
	var tracker *Tracker
	tracker = NewTracker(contract.SendReportProgress{Mailed: []string{"ann@contoso.com"}}, func() { recorded = append(recorded, tracker.Progress()) })
	result, err := r.Send(t.Context(), r.job("ann@contoso.com", "bob@contoso.com", "cat@contoso.com"), tracker)
	if err != nil || len(result.Mailed) != 3 || len(r.server.ListMails()) != 2 {
		t.Fatalf("got %+v, %v, %d mails", result, err, len(r.server.ListMails()))
	}
	want := "[{mailing bob@contoso.com [ann@contoso.com bob@contoso.com]} {mailing cat@contoso.com [ann@contoso.com bob@contoso.com cat@contoso.com]}]"
	if got := fmt.Sprint(recorded); got != want {
		t.Errorf("recorded\n%s, want\n%s", got, want)
	}
}

func TestAStepSaysTheTotalWhereItIsKnown(t *testing.T) {
	tracker := NewTracker(contract.SendReportProgress{}, func() {})
	for want, total := range map[string]int{"apps read: 500": 0, "apps read: 500 of 1000": 1000} {
		if tracker.showStep("apps read", 500, total); tracker.Progress().Doing != want {
			t.Errorf("got %q, want %q", tracker.Progress().Doing, want)
		}
	}
}

func TestAContextThatEndsEndsTheSending(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	tracker := NewTracker(contract.SendReportProgress{}, cancel)
	_, err := r.Send(ctx, r.job("ann@contoso.com", "bob@contoso.com"), tracker)
	if !errors.Is(err, context.Canceled) || len(r.server.ListMails()) != 1 || !slices.Equal(tracker.Progress().Mailed, []string{"ann@contoso.com"}) {
		t.Errorf("%v after %d mails, %+v", err, len(r.server.ListMails()), tracker.Progress())
	}
}
