package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/reporting/sheet"
)

func TestProgressIsAPlainLineNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		p := newReportProgress(streams{err: &errs})
		for i := range 100 { // ten seconds
			p.countRead("apps read", i+1, 100)
			if i == 60 {
				p.printNote("something to know")
			}
			p.countRows(i * 1000)
			time.Sleep(100 * time.Millisecond)
		}
		p.endLine()
		p.countRead("too late", 1, 1)
		want := "apps read: 51 of 100, 49,000 rows written\nnote: something to know\n"
		if got := errs.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestProgressOfAnUnknownTotalTellsWhatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		p := newReportProgress(streams{err: &errs})
		time.Sleep(plainEvery)
		p.countRead("apps read from Oomnitza", 500, 0)
		time.Sleep(plainEvery)
		p.countRead("apps read", 120, 100) // the total was a guess
		if got := errs.String(); !strings.HasPrefix(got, "apps read from Oomnitza: 500\n") || !strings.Contains(got, "120 of 120") {
			t.Errorf("got %q", got)
		}
	})
}

func TestProgressEndsBeforeTheFirstRowOnTheSameTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		p := newReportProgress(streams{err: &screen, terminal: terminal{err: true}})
		time.Sleep(redrawEvery)
		p.countRead("apps read", 1, 2)
		rows := p.endAtFirst(func(yield func(sheet.Row, error) bool) {
			_ = yield(sheet.Row{"one"}, nil) && yield(sheet.Row{"two"}, nil)
		})
		for row := range rows {
			screen.WriteString(row[0].(string) + "\n")
			time.Sleep(redrawEvery)
			p.countRead("apps read", 2, 2)
		}
		const drawn = "apps read: 1 of 2"
		if want := "\r" + drawn + "\r" + strings.Repeat(" ", len(drawn)) + "\rone\ntwo\n"; screen.String() != want {
			t.Errorf("got  %q\nwant %q", screen.String(), want)
		}
	})
}
