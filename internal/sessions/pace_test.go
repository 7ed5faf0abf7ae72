package sessions

import (
	"errors"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// addTaken adds a session of a kind that completed, some hours before noon, and took so
// many minutes and requests.
func (f *fakeTemporal) addTaken(day int, mode saas.Mode, minutes, requests int) *fakeRun {
	s := f.addSession(day, time.Duration(100-day)*time.Hour)
	ended := s.began.Add(time.Duration(minutes) * time.Minute)
	s.labels = map[string]any{contract.AttrMode: string(mode)}
	s.result = contract.SessionResult{Session: s.id, Outcome: saas.OutcomeCompleted, Mode: string(mode), Began: s.began, Ended: ended, Requests: saas.Requests{Defender: requests}}
	return s.end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, ended)
}

func TestThePaceIsTheMedianOfTheLastGoodSessionsOfAKind(t *testing.T) {
	f := newFake(t)
	if p, err := f.reader().ReadPace(t.Context()); err != nil || p != (Pace{}) {
		t.Errorf("of no sessions it is %+v, %v", p, err)
	}
	f.addTaken(1, saas.ModeFull, 120, 3600)
	for day, minutes := range map[int]int{3: 500, 4: 9, 5: 1, 6: 8, 7: 100, 8: 10} { // the third is the oldest of six
		f.addTaken(day, saas.ModeIncremental, minutes, 10*minutes)
	}
	f.addTaken(9, "dry run", 700, 7000)
	p, err := f.reader().ReadPace(t.Context())
	want := Pace{Incremental: Taken{9 * time.Minute, 90, 5}, Full: Taken{2 * time.Hour, 3600, 1}}
	if err != nil || p != want {
		t.Errorf("it is %+v, %v", p, err)
	}
}

func TestThePaceLeavesOutWhatCannotBeRead(t *testing.T) {
	f := newFake(t)
	f.addTaken(1, saas.ModeFull, 120, 3600).failure = errors.New("decrypt a payload: no key")
	f.addTaken(2, saas.ModeFull, 60, 1800)
	if p, err := f.reader().ReadPace(t.Context()); err != nil || p.Full != (Taken{time.Hour, 1800, 1}) {
		t.Errorf("it is %+v, %v", p, err)
	}
	f.fail = map[string]error{"list": errors.New("no search attribute SyncMode")}
	if _, err := f.reader().ReadPace(t.Context()); err == nil {
		t.Error("a list that fails is not told")
	}
}
