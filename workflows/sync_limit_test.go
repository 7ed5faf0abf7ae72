package workflows

import (
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// limited are the parameters of a session of the first apps.
func limited(apps int, writes bool) contract.SessionParams {
	in := input()
	in.DryRun, in.Trial = true, contract.Trial{LimitApps: apps, LimitWrites: writes}
	in.Previous = &contract.Carry{Watermark: began.Add(-time.Hour), LastFull: began.Add(-time.Hour), Rules: "r", Retry: []saas.App{{ID: "z", Stream: "s"}}}
	return in
}

func TestALimitedSessionCarriesOverTheFirstAppsAndMovesNothingOn(t *testing.T) {
	for name, tt := range map[string]struct {
		limit, streams int
		window         saas.Window
		apps           []int // of each page that was carried over
		fetched        int   // pages, beside the one that opening has read
	}{
		"of the first page":        {5, 2, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, []int{5}, 0},
		"of two pages":             {130, 2, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, []int{100, 30}, 1},
		"of a page and no more":    {100, 2, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, []int{100}, 0},
		"of the next stream":       {205, 2, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, []int{100, 100, 5}, 2},
		"more than there are":      {900, 1, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, []int{100, 100}, 1},
		"of an incremental window": {5, 2, saas.Window{Mode: saas.ModeIncremental, Timeframe: 7, Threshold: began.Add(-96 * time.Hour)}, []int{5}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{streams: tt.streams, pages: 2, window: tt.window}
			in := limited(tt.limit, true)
			r := run(t, newEnv(t, f), in)
			if r.Outcome != saas.OutcomeCompleted || r.LimitApps != tt.limit || r.DryRun || f.written[0].DryRun != "" || f.used[0].DryRun != "" {
				t.Errorf("result %+v", r)
			}
			var apps []int
			for _, w := range f.written {
				apps = append(apps, len(w.Apps))
			}
			if len(apps) != len(tt.apps) || len(f.fetched) != tt.fetched {
				t.Fatalf("carried over pages of %v apps, want %v; fetched %d more pages, want %d", apps, tt.apps, len(f.fetched), tt.fetched)
			}
			for i := range apps {
				if apps[i] != tt.apps[i] {
					t.Errorf("carried over pages of %v apps, want %v", apps, tt.apps)
				}
			}
			if got := r.Carry; !got.Watermark.Equal(in.Previous.Watermark) || got.Rules != "r" || len(got.Retry) != 1 {
				t.Errorf("the next session gets %+v", got)
			}
		})
	}
}

func TestALimitedDryRunWritesNothing(t *testing.T) {
	f := &fakes{streams: 1, pages: 2}
	if r := run(t, newEnv(t, f), limited(5, false)); !r.DryRun || r.LimitApps != 5 || len(f.written) != 1 || f.written[0].DryRun == "" {
		t.Errorf("result %+v", r)
	}
}

func TestALimitedSessionSaysSoOnItsPage(t *testing.T) {
	r := contract.SessionResult{Outcome: saas.OutcomeCompleted, LimitApps: 5}
	if page := renderSession(r, contract.Progress{}, nil); !strings.Contains(page, "Completed (limited to the first 5 apps)") {
		t.Error(page)
	}
}

func TestTheActivitiesOfADryRunGoToTheCommandThatListsIt(t *testing.T) {
	for name, tt := range map[string]struct {
		dryRun, limitWrites, want bool
	}{
		"a dry run":                  {true, false, true},
		"a session that writes":      {false, false, false},
		"a limited one that does so": {true, true, false},
	} {
		s := syncRun{params: contract.SyncParams{DryRun: tt.dryRun, Trial: contract.Trial{ActivityQueue: "plan-1", LimitWrites: tt.limitWrites}}}
		if got := s.isServedByCommand(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestADryRunWhoseCommandIsGoneSaysSo(t *testing.T) {
	waited := temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, errors.New("handed over"))
	late := temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	s := syncRun{params: contract.SyncParams{DryRun: true, Trial: contract.Trial{ActivityQueue: "plan-1"}}}
	if err := s.explainCommand(waited); err.Error() != reasonCommandGone {
		t.Error(err)
	}
	if err := s.explainCommand(late); !errors.Is(err, late) {
		t.Error(err)
	}
	s.params.ActivityQueue = ""
	if err := s.explainCommand(waited); !errors.Is(err, waited) {
		t.Error(err)
	}
}
