package mailing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"defendersync/internal/contract"
	"defendersync/internal/notify"
	"defendersync/internal/testing/mailtest"
)

func TestAnAddressThatFailsDelaysNobody(t *testing.T) {
	tries := map[string]int{}
	r := newRig(t, mailtest.Options{OnRcpt: func(to string) error {
		tries[to]++
		switch {
		case strings.HasPrefix(to, "gone"):
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		case strings.HasPrefix(to, "busy") && tries[to] < 4:
			return &smtp.SMTPError{Code: 451, Message: "later"}
		case strings.HasPrefix(to, "full"):
			return &smtp.SMTPError{Code: 452, Message: "mailbox full"}
		}
		return nil
	}})
	result, err := r.send(r.job("gone@contoso.com", "busy@contoso.com", "full@contoso.com", "ann@contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(result.Mailed, " ") != "ann@contoso.com busy@contoso.com" {
		t.Errorf("mailed to %v", result.Mailed)
	}
	if len(result.Unmailed) != 2 || result.Unmailed[0].To != "gone@contoso.com" || !strings.Contains(result.Unmailed[0].Why, "no such user") ||
		result.Unmailed[1].To != "full@contoso.com" || !strings.Contains(result.Unmailed[1].Why, "mailbox full") {
		t.Errorf("not mailed to %+v", result.Unmailed)
	}
	if tries["gone@contoso.com"] != 1 || tries["busy@contoso.com"] != 4 || tries["full@contoso.com"] != maxTries || tries["ann@contoso.com"] != 1 {
		t.Errorf("tries %v", tries)
	}
}

func TestAResendHasTheMessageIDOfTheFirstMail(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	job := r.job("ann@contoso.com", "bob@contoso.com")
	for range 2 {
		if _, err := r.send(job); err != nil {
			t.Fatal(err)
		}
	}
	job.Key += "x"
	if _, err := r.send(job); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range r.server.ListMails() {
		ids = append(ids, m.ParseMail(t).GetHeader("Message-Id"))
	}
	if ids[0] != ids[2] || ids[1] != ids[3] || ids[0] == ids[1] || ids[4] == ids[0] || !strings.HasSuffix(ids[0], "@contoso.com>") {
		t.Errorf("ids %v", ids)
	}
}

func TestAMailThatIsUnderWayIsFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := newRig(t, mailtest.Options{OnData: func(int) error {
		cancel()
		time.Sleep(200 * time.Millisecond) // enough for a mail that is broken off to show
		return nil
	}})
	tracker := NewTracker(contract.SendReportProgress{}, func() {})
	result, err := r.Send(ctx, r.job("ann@contoso.com"), tracker)
	if err != nil || len(result.Mailed) != 1 || len(r.server.ListMails()) != 1 {
		t.Errorf("got %+v, %v, %d mails", result, err, len(r.server.ListMails()))
	}
}

func TestFailuresAreSortedIntoThoseThatPassAndThoseThatStay(t *testing.T) {
	permanent := &notify.Error{Permanent: true, Err: errors.New("no such user")}
	for name, c := range map[string]struct {
		last    bool
		err     error
		again   bool
		asked   time.Duration
		refused string
	}{
		"a failure that may pass":            {err: &notify.Error{RetryAfter: time.Minute}, again: true, asked: time.Minute},
		"a failure that stays":               {err: permanent, refused: permanent.Error()},
		"an error of another kind":           {err: errors.New("no route"), again: true},
		"a failure that may pass, at last":   {last: true, err: &notify.Error{Err: errors.New("busy")}, refused: (&notify.Error{Err: errors.New("busy")}).Error()},
		"an error of another kind, at last ": {last: true, err: errors.New("no route"), refused: "no route"},
	} {
		r := round{last: c.last}
		r.sortFailure("ann@contoso.com", c.err)
		if slices.Contains(r.again, "ann@contoso.com") != c.again || r.askedPause != c.asked || (c.refused != "") != (len(r.refused) == 1) {
			t.Errorf("%s: %+v", name, r)
		}
		if c.refused != "" && (r.refused[0] != contract.ReportRefusal{To: "ann@contoso.com", Why: c.refused}) {
			t.Errorf("%s: %+v", name, r.refused)
		}
	}
	r := round{}
	r.sortFailure("ann", &notify.Error{RetryAfter: time.Hour})
	r.sortFailure("bob", &notify.Error{RetryAfter: time.Minute})
	if r.askedPause != time.Hour {
		t.Errorf("the pause is %v, not the longest asked for", r.askedPause)
	}
}
