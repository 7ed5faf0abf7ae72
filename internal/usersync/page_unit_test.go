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
	app := &appRun{ref: contract.AppRef{App: "17"}, mark: newMark(), open: 2}
	r := &usageRun{in: contract.SyncUsageParams{Stream: contract.Stream{ID: "s"}}}
	if err := r.rejectPage(&pageTask{app: app, next: 100, page: listing.UserPage{Users: users}}, errors.New("no kites here")); err != nil {
		t.Fatal(err)
	}
	if r.cp.Counts.Users.Rejected != 3 || r.cp.Counts.Users.Seen != 3 || r.cp.Rejects.Total() != 3 || !app.retry || app.mark.Written != 100 {
		t.Errorf("counts %+v, %d rejects, retry %v, written to %d", r.cp.Counts.Users, r.cp.Rejects.Total(), app.retry, app.mark.Written)
	}
	for i, row := range r.cp.Rejects.Samples {
		want := saas.Reject{Reason: "assignment refused by Oomnitza", Stream: "s", App: "17", Subject: users[i].User, Detail: "no kites here"}
		if row != want {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}
