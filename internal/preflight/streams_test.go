package preflight

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// incremental are the parameters of an incremental session after one that carried
// this on.
func incremental(began time.Time, carry contract.Carry) contract.OpenSessionParams {
	carry.Watermark, carry.LastFull = began.Add(-saas.Day), began.Add(-saas.Day)
	return contract.OpenSessionParams{Previous: carry}
}

// idsOf are the ids of the streams that a session reads.
func idsOf(p contract.Plan) (ids []string) {
	for _, s := range p.Streams {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestStreamsThatAddNothingAreLeftOutOfIncrements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams = 3
		r := newRig(t, o)
		full := r.must(contract.OpenSessionParams{})
		all := idsOf(full.Plan)
		spare := func(i int, others ...string) contract.SparedStream {
			return contract.SparedStream{ID: all[i], Name: full.Streams[i].Name, Others: others}
		}
		for name, tc := range map[string]struct {
			known []contract.SparedStream
			full  bool
			want  []string
		}{
			"none":                        {nil, false, all},
			"the last":                    {[]contract.SparedStream{spare(2, all[0], all[1])}, false, all[:2]},
			"two":                         {[]contract.SparedStream{spare(1, all[0]), spare(2, all[0], all[1])}, false, all[:1]},
			"not where another is gone":   {[]contract.SparedStream{spare(1, all[0], "deleted")}, false, all},
			"not where it comes before":   {[]contract.SparedStream{spare(0, all[1])}, false, all},
			"not by a full session":       {[]contract.SparedStream{spare(2, all[0], all[1])}, true, all},
			"not one that is gone itself": {[]contract.SparedStream{{ID: "deleted", Others: all}}, false, all},
		} {
			in := incremental(full.Began, contract.Carry{Spared: tc.known})
			in.Full = tc.full
			p := r.must(in)
			if got := idsOf(p.Plan); !slices.Equal(got, tc.want) || len(got)+len(p.Spared) != 3 || len(p.Totals) != len(got) {
				t.Errorf("%s: %v are read, %v left out, %v counted", name, got, p.Spared, p.Totals)
			}
		}
	})
}

func TestAnIncrementReadsTheTimeframeThatItCanCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		began := r.must(contract.OpenSessionParams{}).Began
		kept := func(days int) contract.PrintsRef { return contract.PrintsRef{Workflow: "w", Run: "r", Timeframe: days} }
		for name, tc := range map[string]struct {
			carry contract.Carry
			want  int
		}{
			"nothing was kept":       {contract.Carry{}, 7},
			"of a full session":      {contract.Carry{Prints: kept(90)}, 90},
			"of another increment":   {contract.Carry{Prints: kept(7)}, 7},
			"apps are not sorted":    {contract.Carry{Prints: kept(90), Unsorted: []string{contract.UnsortedApps}}, 7},
			"users are not sorted":   {contract.Carry{Prints: kept(90), Unsorted: []string{contract.UnsortedUsers}}, 7},
			"rows cannot be trusted": {contract.Carry{Prints: kept(90), Missed: true}, 7},
		} {
			if got := r.must(incremental(began, tc.carry)).Window.Timeframe; got != tc.want {
				t.Errorf("%s: %d days, want %d", name, got, tc.want)
			}
		}
	})
}
