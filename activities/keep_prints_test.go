package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.temporal.io/api/serviceerror"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// history is what Temporal has of fingerprints, by run.
type history struct {
	kept map[string][]byte
	fail []error // of the next readings
	read int
}

func (h *history) ReadPrints(_ context.Context, ref contract.PrintsRef) ([]byte, error) {
	h.read++
	if len(h.fail) > 0 {
		err := h.fail[0]
		h.fail = h.fail[1:]
		return nil, err
	}
	data, ok := h.kept[ref.Run]
	if !ok {
		return nil, errors.New("Temporal no longer keeps the run")
	}
	return data, nil
}

// withHistory is a rig that reads fingerprints from a history.
func withHistory(t *testing.T, h *history) *rig {
	r := newRig(t, simulator.Options{Apps: 30, People: 60, Pairs: 300})
	r.Activities.prints.read = h.ReadPrints
	return r
}

func TestAPageSaysWhichRowsAreAsTheSessionBeforeReadThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &history{kept: map[string][]byte{}}
		r := withHistory(t, h)
		plan, err := patiently[contract.Plan](r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
		if err != nil || len(plan.First.Same) > 0 || len(plan.First.Prints) != len(plan.First.Apps)*prints.Size {
			t.Fatalf("%d apps, same %v, %d bytes: %v", len(plan.First.Apps), plan.First.Same, len(plan.First.Prints), err)
		}
		half := len(plan.First.Apps) / 2
		out, err := patiently[contract.KeepPrintsResult](r, contract.ActivityKeepPrints, contract.KeepPrintsParams{Prints: plan.First.Prints[:half*prints.Size]})
		if err != nil || out.Count != half {
			t.Fatalf("%+v, %v", out, err)
		}
		h.kept["run-1"] = out.Set
		ref := contract.PrintsRef{Workflow: "sync/x", Run: "run-1", Timeframe: 90}
		in := contract.FetchAppsParams{Stream: plan.Streams[0], Window: plan.Window, Dialect: plan.Dialect, Prints: ref}
		for range 3 {
			page, err := patiently[contract.AppsPage](r, contract.ActivityFetchApps, in)
			if err != nil || len(page.Same) != half || page.Same[half-1] != half-1 || h.read != 1 {
				t.Fatalf("same %v after %d readings: %v", page.Same, h.read, err)
			}
		}
		carry := contract.Carry{Watermark: plan.Began, LastFull: plan.Began, Prints: ref}
		plan, err = patiently[contract.Plan](r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy, Previous: carry})
		if err != nil || plan.Window.Mode != saas.ModeIncremental || len(plan.First.Same) == 0 {
			t.Errorf("an incremental session opens with %d of %d apps the same: %v", len(plan.First.Same), len(plan.First.Apps), err)
		}
		carry.Missed = true
		plan, err = patiently[contract.Plan](r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy, Previous: carry})
		if err != nil || len(plan.First.Same) > 0 {
			t.Errorf("after a miss %d apps are the same: %v", len(plan.First.Same), err)
		}
	})
}

func TestFingerprintsThatAreLostAreANote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			history history
			reads   int
			note    string
		}{
			"the run is gone":           {history{}, 1, "no longer keeps the run"},
			"what it kept is no set":    {history{kept: map[string][]byte{"run-1": {9}}}, 1, "no set of fingerprints"},
			"Temporal is out":           {history{fail: slices.Repeat([]error{serviceerror.NewUnavailable("down")}, 9)}, printsTries, "down"},
			"Temporal is out and comes": {history{kept: map[string][]byte{"run-1": prints.Set{}.Encode()}, fail: []error{serviceerror.NewUnavailable("down")}}, 2, ""},
		} {
			r := withHistory(t, &tc.history)
			page := contract.AppsPage{Apps: make([]saas.App, 1), Prints: prints.Join([]prints.Print{prints.Of("a")})}
			for range 2 {
				page.Notes = nil
				r.markSame(t.Context(), &page, contract.PrintsRef{Run: "run-1"})
			}
			note := strings.Join(page.Notes, "")
			if len(page.Same) > 0 || tc.history.read != tc.reads || (note == "") != (tc.note == "") || !strings.Contains(note, tc.note) {
				t.Errorf("%s: %q after %d readings", name, note, tc.history.read)
			}
		}
	})
}

func TestFingerprintsOfRunsBeforeAreKeptToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &history{kept: map[string][]byte{"run-1": prints.NewSet([]prints.Print{prints.Of("a"), prints.Of("b")}).Encode()}}
		r := withHistory(t, h)
		in := contract.KeepPrintsParams{Prints: prints.Join([]prints.Print{prints.Of("b"), prints.Of("c")}), Before: contract.PrintsRef{Run: "run-1"}}
		out, err := patiently[contract.KeepPrintsResult](r, contract.ActivityKeepPrints, in)
		if err != nil || out.Count != 3 || out.Fault != "" {
			t.Errorf("%+v, %v", out, err)
		}
		in.Before.Run = "lost"
		if out, err = patiently[contract.KeepPrintsResult](r, contract.ActivityKeepPrints, in); err != nil || out.Count != 0 || out.Fault == "" {
			t.Errorf("%+v, %v", out, err)
		}
		in.Prints = in.Prints[1:]
		if _, err = patiently[contract.KeepPrintsResult](r, contract.ActivityKeepPrints, in); err == nil {
			t.Error("half a fingerprint passed")
		}
	})
}
