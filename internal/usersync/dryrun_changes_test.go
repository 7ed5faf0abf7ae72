package usersync_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/tenants"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestTheListOfADryRunIsWhatTheSessionAfterItWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.carryOver(r.usage(r.open(contract.Carry{}), 0))
		r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.3, NewPairs: 0.1})
		s := r.open(contract.Carry{})
		in := r.usage(s, 0)
		before := r.HeldPairs()
		list := r.rehearse(t, in)
		out := r.carryOver(in)
		after := r.HeldPairs()
		added, updated := 0, 0
		for seat, err := range list.Assignments() {
			if err != nil {
				t.Fatal(err)
			}
			key := sandbox.Pair{App: seat.App.Name, User: strings.ToLower(seat.Username)}
			had, there := before[key]
			if seat.New == there || seat.Before.IsZero() == there || there && seat.Before.Unix() != had || seat.After.Unix() != after[key] {
				t.Errorf("%v: listed is %+v, held was %s, and is %s", key, seat.Assignment, time.Unix(had, 0).UTC(), time.Unix(after[key], 0).UTC())
			}
			if seat.New {
				added++
			} else {
				updated++
			}
		}
		if u := out.Counts.Users; added == 0 || updated == 0 || added != u.Added || updated != u.Updated {
			t.Errorf("listed are %d new assignments and %d later activities, the session wrote %+v", added, updated, u)
		}
	})
}

// rehearse does a dry run of what is to be carried over, and returns its list of
// changes.
func (r *rig) rehearse(t *testing.T, in contract.SyncUsageParams) *changelist.List {
	t.Helper()
	list, err := changelist.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(list.Close)
	names := map[string]string{}
	for app := range r.Truth() {
		names[app.ID] = app.Name
	}
	for _, ref := range in.Refs {
		record := saas.Record{ID: ref.SaaS, Name: names[ref.App]}
		list.NoteApp(saas.App{ID: ref.App, Name: names[ref.App]}, ref.SaaS, changelist.ActionKeep, record, record)
	}
	c := r.NewClients()
	w := &worker{c, usersync.New(tenants.UserSource{Client: c.Defender, Limiter: c.Limiter}, tenants.UserTarget{Client: c.Oomnitza},
		usersync.Options{Fetchers: fetchers, Writers: writers, Changes: list})}
	in.SessionRun, in.DryRun = "session of a dry run", "dry run"
	if _, err := r.try(&attempt{worker: w}, in); err != nil {
		t.Fatal(err)
	}
	return list
}
