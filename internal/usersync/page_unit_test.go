package usersync

import (
	"errors"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

func TestAPageThatIsRefusedTellsEachOfItsRows(t *testing.T) {
	users := []saas.Usage{{User: "ann@contoso.com"}, {User: "bob@contoso.com"}, {User: "cy@contoso.com"}}
	l := &list{ref: contract.AppRef{App: "17", Users: 103}, reader: listing.NewReader(&listing.Habits{}, listing.NewLength(103), listing.Options{})}
	ask, _ := l.reader.NextAsk()
	r := &run{in: contract.SyncUsageParams{Stream: contract.Stream{ID: "s"}}}
	p := &page{list: l, ask: ask, rows: listing.UserPage{Users: users, Rows: 100, Next: 100, Total: 103, Fingerprint: "f"}}
	turn, err := l.reader.TakePage(ask, &p.rows)
	if err != nil {
		t.Fatal(err)
	}
	p.turn = turn
	if err := r.rejectPage(p, errors.New("no kites here")); err != nil {
		t.Fatal(err)
	}
	if m, _ := l.reader.CopyMark(); r.cp.Counts.Users.Rejected != 3 || r.cp.Counts.Users.Seen != 3 || r.cp.Rejects.Total() != 3 || !l.retry || m.Written != 100 {
		t.Errorf("counts %+v, %d rejects, retry %v, written to %d", r.cp.Counts.Users, r.cp.Rejects.Total(), l.retry, m.Written)
	}
	for i, row := range r.cp.Rejects.Samples {
		want := saas.Reject{Reason: "assignment refused by Oomnitza", Stream: "s", App: "17", Subject: users[i].User, Detail: "no kites here"}
		if row != want {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}
