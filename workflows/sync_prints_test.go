package workflows

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
)

// printsBefore are those that the session before has kept.
var printsBefore = contract.PrintsRef{Workflow: "sync/test", Run: "run-before", Timeframe: 90}

// quietTenant is a tenant none of whose rows has changed but for those of some apps,
// which are named by stream and id.
func quietTenant(pages, streams int, changed ...string) *fakes {
	f := &fakes{pages: pages, streams: streams, window: saas.Window{
		Mode: saas.ModeIncremental, Timeframe: 90, Threshold: began.Add(-72 * time.Hour), Reason: "activity since then",
	}}
	f.mark = func(stream contract.Stream, skip int, p *contract.AppsPage) {
		var list []prints.Print
		for i, app := range p.Apps {
			list = append(list, prints.Of(stream.ID, app.ID))
			if !slices.Contains(changed, stream.ID+"/"+app.ID) {
				p.Same = append(p.Same, i)
			}
		}
		p.Prints = prints.Join(list)
	}
	f.upsert = func(in contract.UpsertAppsParams, out *contract.UpsertAppsResult) {
		out.Counts = saas.AppCounts{Seen: len(in.Apps), Unchanged: len(in.Apps)}
	}
	f.usage = func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
		out.Counts.Users = saas.UserCounts{Seen: len(in.Refs), Unchanged: len(in.Refs)}
	}
	return f
}

// inputAfter is a session's after another one.
func inputAfter(previous contract.Carry) contract.SessionParams {
	in := input()
	in.Previous = &previous
	return in
}

// readApps lists the apps whose users were read, as stream/app; told apart are those
// that were read to verify their rows.
func (f *fakes) readApps() (read, verified []string) {
	for _, in := range f.used {
		for _, ref := range in.Refs {
			read = append(read, in.Stream.ID+"/"+ref.App)
			if ref.Same {
				verified = append(verified, in.Stream.ID+"/"+ref.App)
			}
		}
	}
	return read, verified
}

// lastFull is when the last full session began.
var lastFull = began.Add(-3 * saas.Day)

func TestAppsWithoutNewsAreLeftAloneButForASample(t *testing.T) {
	f := quietTenant(3, 2, "s/a05", "t/c77")
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore}))
	read, verified := f.readApps()
	if !slices.Contains(read, "s/a05") || !slices.Contains(read, "t/c77") {
		t.Errorf("what has changed was not read: %v", read)
	}
	if n := prints.CountSample(598); len(verified) != n || len(read) != n+2 {
		t.Errorf("%d apps were read, %d to verify; want %d", len(read), len(verified), n)
	}
	if a := r.Counts.Apps; a.Seen != 600 || a.Unchanged != 600 || a.NoNews != 600-len(read) {
		t.Errorf("counts %+v", a)
	}
	if r.Outcome != saas.OutcomeCompleted || len(r.Warnings) > 0 || r.Carry.Missed {
		t.Errorf("%s, %v", r.Outcome, r.Warnings)
	}
	if len(f.kept) != 1 || len(f.kept[0].Prints) != 600*prints.Size {
		t.Errorf("kept %d times", len(f.kept))
	}
	if p := r.Carry.Prints; p.Workflow != "sync/test" || p.Run == "" || p.Timeframe != 90 || !p.Threshold.Equal(f.window.Threshold) {
		t.Errorf("the next session compares with %+v", p)
	}
}

func TestTheSampleDiffersFromRunToRun(t *testing.T) {
	verified := func(run string) []string {
		f := quietTenant(2, 1)
		env := newEnv(t, f)
		env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil)
		env.ExecuteWorkflow(contract.WorkflowSync, contract.SyncParams{
			Session: "s", Run: run, Integration: "test", Policy: input().Policy, DryRun: true, Previous: contract.Carry{Prints: printsBefore},
		})
		_, out := f.readApps()
		return out
	}
	one, again, other := verified("run-1"), verified("run-1"), verified("run-2")
	if !slices.Equal(one, again) || slices.Equal(one, other) {
		t.Errorf("chosen %v, again %v, in another run %v", one, again, other)
	}
}

func TestAMissReadsWhatWasLeftAloneAndEndsTheShortcut(t *testing.T) {
	f := quietTenant(3, 2, "s/a05")
	quiet := f.usage
	f.usage = func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
		quiet(in, out)
		for _, ref := range in.Refs {
			if in.Stream.ID == "t" && ref.Same {
				out.Missed = []string{ref.App}
			}
		}
	}
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore}))
	read, _ := f.readApps()
	times := map[string]int{}
	for _, app := range read {
		times[app]++
	}
	if len(times) != 600 || len(read) != 600 {
		t.Errorf("%d of 600 apps were read, by %d readings", len(times), len(read))
	}
	if a := r.Counts.Apps; a.Seen != 600 || a.NoNews != 0 || a.Unchanged != 600 {
		t.Errorf("counts %+v", a)
	}
	if !slices.Contains(r.Warnings, noteMissed) || !r.Carry.Missed || r.Carry.Prints.Run != "" || len(f.kept) > 0 {
		t.Errorf("notes %v, carry %+v", r.Warnings, r.Carry)
	}
}

func TestAfterAMissEveryAppIsReadUntilTheNextFullSession(t *testing.T) {
	f := quietTenant(1, 1)
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore, Missed: true}))
	if read, _ := f.readApps(); len(read) != 100 || !r.Carry.Missed || len(f.kept) > 0 {
		t.Errorf("%d apps were read, carry %+v", len(read), r.Carry)
	}
	f = quietTenant(1, 1)
	f.window = saas.Window{Mode: saas.ModeFull, Timeframe: 90}
	r = run(t, newEnv(t, f), inputAfter(contract.Carry{Prints: printsBefore, Missed: true}))
	if read, _ := f.readApps(); len(read) != 100 || r.Carry.Missed || r.Carry.Prints.Run == "" || len(f.kept) != 1 {
		t.Errorf("a full session read %d apps, carry %+v", len(read), r.Carry)
	}
}

func TestEveryAppIsReadWhereRowsCannotBeCompared(t *testing.T) {
	later := printsBefore
	later.Threshold = began.Add(-24 * time.Hour)
	shorter := printsBefore
	shorter.Timeframe = 7
	for name, previous := range map[string]contract.Carry{
		"an older version kept nothing":     {},
		"read down to a later activity":     {Prints: later},
		"of another timeframe":              {Prints: shorter},
		"the row says nothing of its users": {Prints: printsBefore},
	} {
		t.Run(name, func(t *testing.T) {
			f := quietTenant(1, 1)
			if previous.Prints == printsBefore {
				f.mark = nil
			}
			previous.Watermark, previous.LastFull = began.Add(-saas.Day), lastFull
			r := run(t, newEnv(t, f), inputAfter(previous))
			if read, verified := f.readApps(); len(read) != 100 || len(verified) != 0 || r.Counts.Apps.NoNews != 0 {
				t.Errorf("%d apps were read, %d to verify", len(read), len(verified))
			}
		})
	}
}

func TestWhatIsNewOrRejectedIsReadWhateverItsRowSays(t *testing.T) {
	f := quietTenant(1, 1)
	quiet := f.upsert
	f.upsert = func(in contract.UpsertAppsParams, out *contract.UpsertAppsResult) {
		quiet(in, out)
		out.Refs[7].New = true
		out.Retry = []string{in.Apps[8].ID}
	}
	f.usage = func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
		out.Retry = []string{"a07"}
	}
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore}))
	read, _ := f.readApps()
	if !slices.Contains(read, "s/a07") || !slices.Contains(read, "s/a08") {
		t.Errorf("read %v", read)
	}
	kept, err := prints.Split(f.kept[0].Prints)
	if err != nil || len(kept) != 98 || len(r.Carry.Retry) != 2 {
		t.Errorf("%d fingerprints were kept, %d apps are to be read again", len(kept), len(r.Carry.Retry))
	}
	if set := prints.NewSet(kept); set.Has(prints.Of("s", "a07")) || set.Has(prints.Of("s", "a08")) || !set.Has(prints.Of("s", "a09")) {
		t.Error("the fingerprint of an app that is to be read again was kept")
	}
}

func TestFingerprintsGoFromRunToRun(t *testing.T) {
	f := quietTenant(pagesPerRun+2, 1)
	f.window = saas.Window{Mode: saas.ModeFull, Timeframe: 90}
	env := newEnv(t, f)
	runs := countRuns(env)
	r := run(t, env, input())
	if *runs != 2 || len(f.kept) != 2 || f.kept[0].Before.Run != "" || f.kept[1].Before.Run == "" {
		t.Fatalf("%d runs, kept %d times", *runs, len(f.kept))
	}
	if first, second := len(f.kept[0].Prints), len(f.kept[1].Prints); first != 100*100*prints.Size || second != 200*prints.Size {
		t.Errorf("%d and %d bytes were kept", first, second)
	}
	if r.Carry.Prints.Run == "" {
		t.Error("the next session compares with nothing")
	}
}

func TestTheSampleGoesOnInTheNextRun(t *testing.T) {
	f := quietTenant(pagesPerRun+20, 1)
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore}))
	_, verified := f.readApps()
	if n := prints.CountSample(12_000); len(verified) != n || r.Counts.Apps.NoNews != 12_000-n {
		t.Errorf("%d apps were verified, %d left alone", len(verified), r.Counts.Apps.NoNews)
	}
}

func TestADryRunLeavesAppsAloneAndKeepsNothing(t *testing.T) {
	f := quietTenant(1, 1)
	in := inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore})
	in.DryRun = true
	r := run(t, newEnv(t, f), in)
	if len(f.kept) > 0 || r.Counts.Apps.NoNews != 97 || r.Carry.Prints != printsBefore {
		t.Errorf("kept %d times, %d left alone, carry %+v", len(f.kept), r.Counts.Apps.NoNews, r.Carry)
	}
}

func TestWhatCannotBeKeptFailsNothing(t *testing.T) {
	f := quietTenant(1, 1)
	f.keepErr = temporal.NewNonRetryableApplicationError("the disk is full", "Disk", errors.New("no room"))
	r := run(t, newEnv(t, f), inputAfter(contract.Carry{Watermark: began.Add(-saas.Day), LastFull: lastFull, Prints: printsBefore}))
	if r.Outcome != saas.OutcomeCompleted || r.Carry.Prints.Run != "" || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "every app: the disk is full") {
		t.Errorf("%s, %v, carry %+v", r.Outcome, r.Warnings, r.Carry)
	}
}

// beyond has every page of a stream tell how many rows it added.
func beyond(n map[string]*int) func(contract.SyncUsageParams, *contract.SyncUsageResult) {
	return func(in contract.SyncUsageParams, out *contract.SyncUsageResult) { out.Beyond = n[in.Stream.ID] }
}

func TestAStreamThatAddsNothingIsSpared(t *testing.T) {
	all, none := 300, 0
	for name, c := range map[string]struct {
		told    map[string]*int
		rejects bool
		mode    saas.Mode
		want    []string
	}{
		"nothing new in the third":      {told: map[string]*int{"s": &all, "t": &all, "u": &none}, mode: saas.ModeFull, want: []string{"u"}},
		"not by an increment":           {told: map[string]*int{"s": &all, "t": &all, "u": &none}, mode: saas.ModeIncremental},
		"an older worker tells of none": {told: map[string]*int{"s": &all, "t": &none}, mode: saas.ModeFull, want: []string{"t"}},
		"rows of it were rejected":      {told: map[string]*int{"s": &all, "t": &all, "u": &none}, rejects: true, mode: saas.ModeFull},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{pages: 2, streams: 3, window: saas.Window{Mode: c.mode, Timeframe: 90}}
			tell := beyond(c.told)
			f.usage = func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
				if tell(in, out); c.rejects {
					out.Rejects.Count("user row unreadable", 1)
				}
			}
			r := run(t, newEnv(t, f), input())
			var got []string
			for _, s := range r.Carry.Spared {
				got = append(got, s.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("spared %v, want %v", got, c.want)
			}
		})
	}
}
