package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestANoticeListsTheMostFrequentReasonsOnly(t *testing.T) {
	n := failed()
	n.Errors = nil
	for i := range maxErrors + 2 {
		n.Errors = append(n.Errors, saas.ReasonCount{Reason: fmt.Sprint("reason ", i), Count: 100 - i})
	}
	v := newView(n, contact)
	if len(v.Errors) != maxErrors || v.Errors[0] != (saas.ReasonCount{Reason: "reason 0", Count: 100}) || v.Errors[maxErrors-1].Reason != fmt.Sprint("reason ", maxErrors-1) {
		t.Errorf("got %v", v.Errors)
	}
}

func TestTheFactsAreThoseThatAreKnown(t *testing.T) {
	labels := func(n contract.Notice) (out []string) {
		for _, f := range newView(n, contact).Facts {
			out = append(out, f.Label)
		}
		return out
	}
	for name, c := range map[string]struct {
		notice contract.Notice
		want   []string
	}{
		"everything":   {failed(), []string{"Integration", "Session began", "Detected", "Session"}},
		"no session":   {contract.Notice{Kind: contract.NoticeMissed, Integration: "i", Since: three, At: three}, []string{"Integration", "Due", "Detected"}},
		"no times":     {contract.Notice{Integration: "i", Session: "s"}, []string{"Integration", "Session"}},
		"nothing":      {contract.Notice{}, nil},
		"no beginning": {contract.Notice{Integration: "i", At: three}, []string{"Integration", "Detected"}},
	} {
		if got := labels(c.notice); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTheCountsOfASessionAreSummedUpByWhatHappened(t *testing.T) {
	p := newProgress(*failed().Progress, nil)
	want := []countRow{
		{"seen", "122", "11306", ""}, {"added", "77", "8814", "701"}, {"updated", "0", "295", ""},
		{"unchanged", "45", "1970", ""}, // adopted apps and repeated users among them
		{"skipped", "", "227", ""}, {"rejected", "3", "90", "2"},
	}
	if !slices.Equal(p.Rows, want) {
		t.Errorf("got %v, want %v", p.Rows, want)
	}
	for name, c := range map[string]struct {
		moved, ends time.Time
		want        int
	}{
		"neither is known": {want: 0}, "the last progress": {moved: three, want: 1}, "the end": {ends: three, want: 1}, "both": {three, three, 2},
	} {
		if got := newProgress(contract.NoticeProgress{LastProgress: c.moved, ExpectedEnd: c.ends}, nil).Notes; len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestGoodNewsIsGreenAndAFailureRed(t *testing.T) {
	for kind, bar := range map[contract.NoticeKind]string{
		contract.NoticeRecovered: "#2e7d4f", contract.NoticeTest: "#2e7d4f", contract.NoticeFailed: "#c0392b",
		contract.NoticeStalled: "#c77d0a", contract.NoticeStuck: "#c77d0a", contract.NoticeMissed: "#c77d0a", "of a later version": "#c77d0a",
	} {
		if got := coloursOf(kind); got.Bar != bar || got.Word == "" || got.DarkWord == "" {
			t.Errorf("%s: %+v, want %s", kind, got, bar)
		}
	}
}
