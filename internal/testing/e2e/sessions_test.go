package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// listed is a session as `sessions list --output json` tells it.
type listed struct {
	Session, Run, Outcome, Mode, StartedBy, Note                                 string
	Took                                                                         envelope.Seconds `json:"tookSeconds"`
	Started                                                                      time.Time
	Apps, AppsAdded, AppsUpdated, AppsUnchanged, AppsRejected                    int
	Users, UsersAdded, UsersUpdated, UsersUnchanged, UsersSkipped, UsersRejected int
}

// listed lists sessions by flags, once there are so many: the list lags behind
// by a moment.
func (b *bench) listed(n int, flags ...string) []listed {
	b.t.Helper()
	var got []listed
	for deadline := time.Now().Add(30 * time.Second); ; {
		got = nil
		b.decode(b.done(append([]string{"sessions", "list", "--output", "json"}, flags...)...), &got)
		if len(got) == n || time.Now().After(deadline) {
			break
		}
	}
	if len(got) != n {
		b.t.Fatalf("%q lists %d sessions, not %d: %+v", flags, len(got), n, got)
	}
	return got
}

// written waits until a heartbeat of the running session tells of users who
// were added, and of rejected ones, as many as are asked for.
func (b *bench) written(added, rejected int) (now listed) {
	b.t.Helper()
	b.until("a heartbeat that tells of users", func() bool {
		now = b.listed(1, "--outcome", "running")[0]
		return now.UsersAdded >= added && now.UsersRejected >= rejected
	})
	return now
}

// place is what can be known beforehand of a rejected row.
type place struct{ reason, stream, app string }

// rejectable counts the rows that no session can use, by where they are. Users
// of an app whose own row is bad are not read.
func (b *bench) rejectable() map[place]int {
	want := map[place]int{}
	for app := range b.Sim.Truth() {
		bad := map[string]bool{}
		for _, row := range app.Rows {
			if row.Bad != "" {
				bad[row.Stream] = true
				want[place{"app row unreadable", row.Stream, ""}]++
			}
		}
		for _, u := range app.Users {
			if u.Bad != "" && !bad[u.Stream] {
				want[place{"user row unreadable", u.Stream, app.ID}]++
			}
		}
	}
	return want
}

// rejected reads what errors says as CSV.
func (b *bench) rejected(text string) map[place]int {
	b.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 || strings.Join(rows[0], ",") != "reason,app,appName,subject,stream,detail" {
		b.t.Fatalf("not the rows as CSV: %v: %s", err, text)
	}
	got := map[place]int{}
	for _, r := range rows[1:] {
		at := place{r[0], r[4], r[1]}
		if at.reason == "app row unreadable" {
			at.app = "" // a row may be too bad to tell
		} else if r[2] == "" {
			b.t.Errorf("the app is not named: %q", r)
		}
		if r[5] == "" {
			b.t.Errorf("it does not say why: %q", r)
		}
		got[at]++
	}
	return got
}

func TestErrorsTellsEveryRowThatWasRejected(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for name, settings := range map[string][]string{"in clear": nil, "encrypted": {"PAYLOAD_ENCRYPTION_KEY=" + key}} {
		t.Run(name, func(t *testing.T) {
			o := rich()
			o.Faults = simulator.Faults{BadUsers: 0.04, BadApps: 0.02}
			b := newBench(t, o, settings...)
			b.worker()
			b.schedule()
			r := b.session(saas.OutcomeCompletedWithErrors)
			want := b.rejectable()
			if r.Rejects.Total() <= 200 || len(r.Rejects.Samples) != 100 {
				t.Fatalf("%d rows were rejected, too few to tell anything", r.Rejects.Total())
			}
			if got := b.rejected(b.done("sessions", "errors", "--output", "csv")); !maps.Equal(got, want) {
				t.Errorf("rejected: %v\nnot %v", got, want)
			}
			file := filepath.Join(t.TempDir(), "rejected.csv")
			b.done("sessions", "errors", "--file", file, r.Session)
			text, err := os.ReadFile(file)
			if err != nil || !maps.Equal(b.rejected(string(text)), want) {
				t.Errorf("the file has something else: %v", err)
			}
			table := b.done("sessions", "errors", "latest")
			if strings.Contains(table, "not shown") || strings.Count(table, "\nuser row unreadable ") != r.Counts.Users.Rejected {
				t.Errorf("the table does not have all rows: %s", table)
			}
			if name == "encrypted" {
				b.Env = append(b.Env, "PAYLOAD_ENCRYPTION_KEY=")
				b.refused(1, "PAYLOAD_ENCRYPTION_KEY", "sessions", "errors", r.Session)
			}
		})
	}
}

func TestARunningSessionIsListedToldAndCancelled(t *testing.T) {
	b := pacedBench(t)
	b.Sim.SetFaults(simulator.Faults{BadUsers: 0.1, Defender: simulator.PeerFaults{Latency: answered}})
	b.refused(1, "no session of "+b.Name+" is running", "sessions", "cancel")
	b.worker()
	b.schedule()
	done := b.following()
	b.userPages(40, done)
	b.hold(simulator.Faults{BadUsers: 0.1})
	now := b.written(1, 0)
	if now.Outcome != "Running" || now.Users == 0 || now.Took == 0 {
		t.Errorf("the running session is listed as %+v", now)
	}
	b.says("show", b.done("sessions", "show", "running"), []string{": Running\n", "running for ", "now: ", " of ~"})
	want := b.rejectable()
	for at, n := range b.rejected(b.done("sessions", "errors", "--output", "csv", "running")) {
		if n > want[at] {
			t.Errorf("%d × %+v, of which there are %d", n, at, want[at])
		}
	}
	b.says("cancel", b.done("sessions", "cancel"), []string{": Cancelled in ", "users of apps"})
	r := <-done
	if r.Outcome != saas.OutcomeCancelled || r.Counts.Users.Added == 0 {
		t.Errorf("the session ended as %+v", r)
	}
	got := b.rejected(b.done("sessions", "errors", "--output", "csv", r.Session))
	total := 0
	for _, n := range got {
		total += n
	}
	if total == 0 || total != r.Rejects.Total() {
		t.Errorf("%d rows of %d rejected are told", total, r.Rejects.Total())
	}
	b.refused(1, "has already ended: Cancelled", "sessions", "cancel", r.Session)
	if cancelled := b.listed(1, "--outcome", "cancelled")[0]; cancelled.UsersAdded != r.Counts.Users.Added {
		t.Errorf("listed as %+v", cancelled)
	}
}

func TestATerminatedSessionIsToldByWhatItHadDone(t *testing.T) {
	b := pacedBench(t)
	b.Sim.SetFaults(simulator.Faults{BadUsers: 0.1, Defender: simulator.PeerFaults{Latency: answered}})
	b.worker()
	b.schedule()
	b.done("run", "--full")
	b.written(0, 1)
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	id := b.runningSession(c)
	if err := c.TerminateWorkflow(b.ctx, id, "", "by hand"); err != nil {
		t.Fatal(err)
	}
	got := b.listed(1, "--outcome", "terminated")[0]
	if id != got.Session || got.Outcome != "Terminated" || got.Mode != "full" || !strings.Contains(got.Note, "ended from outside") {
		t.Errorf("listed as %+v", got)
	}
	b.says("show", b.done("sessions", "show", id), []string{": Terminated in ", "full session"})
	if rows := b.rejected(b.done("sessions", "errors", "--output", "csv", id)); len(rows) == 0 {
		t.Error("its rejected rows are lost")
	}
}

func TestErrorsFollowsASyncOverItsRuns(t *testing.T) {
	b := newBench(t, simulator.Options{
		Apps: 10_100, People: 500, Pairs: 12_000, Streams: 1, Faults: simulator.Faults{BadUsers: 0.02},
	})
	b.worker()
	b.schedule()
	r := b.session(saas.OutcomeCompletedWithErrors)
	if r.Pages <= 100 {
		t.Fatalf("%d pages, too few for a second run", r.Pages)
	}
	if got, want := b.rejected(b.done("sessions", "errors", "--output", "csv")), b.rejectable(); !maps.Equal(got, want) {
		t.Errorf("rejected: %v\nnot %v", got, want)
	}
}

func TestErrorsSaysHowManyRowsAreNotShownWhereTheyAreTooMany(t *testing.T) {
	b := newBench(t, simulator.Options{
		Apps: 100, People: 3000, Pairs: 12_000, Streams: 1, Faults: simulator.Faults{BadUsers: 0.5},
	})
	b.worker()
	b.schedule()
	r := b.session(saas.OutcomeCompletedWithErrors)
	const kept = 2000 // of an activity, and all apps are one page
	if r.Rejects.Total() <= kept || r.Rejects.Total() != r.Counts.Users.Rejected {
		t.Fatalf("%d rows were rejected, %d of them users", r.Rejects.Total(), r.Counts.Users.Rejected)
	}
	out := b.done("sessions", "errors")
	b.says("errors", out, []string{
		sheet.FormatCount(r.Rejects.Total()) + " rejected",
		fmt.Sprintf("(%d of them were only counted and can't be listed)", r.Rejects.Total()-kept),
	})
	if n := strings.Count(out, "\nuser row unreadable "); n != kept {
		t.Errorf("%d rows are shown, not %d", n, kept)
	}
}
