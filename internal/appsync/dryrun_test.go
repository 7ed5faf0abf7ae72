package appsync

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
)

func TestADryRunOfAppsWritesNothingAndCountsEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		before := r.Counts()
		in := contract.UpsertAppsParams{Apps: catalogue(), DryRun: "run-1"}
		first, second := r.must(in), r.must(in)
		in.DryRun = "run-2"
		anew := r.must(in)
		if first.Counts.Created != 3 || second.Counts.Unchanged != 3 || anew.Counts.Created != 3 {
			t.Errorf("counts %+v, then %+v, then in another run %+v", first.Counts, second.Counts, anew.Counts)
		}
		if r.Counts() != before {
			t.Errorf("it wrote %+v", r.Counts())
		}
		for _, ref := range first.Refs {
			if !saas.IsImaginary(ref.SaaS) {
				t.Errorf("%+v names a real record", ref)
			}
		}
	})
}

func TestADryRunFindsWhatItWouldHaveWritten(t *testing.T) {
	for name, change := range map[string]func([]saas.App){
		"a field":   func(apps []saas.App) { apps[0].Website = "orbit.example.com" },
		"a name":    func(apps []saas.App) { apps[0].Name = "Orbit Notebook" },
		"two names": func(apps []saas.App) { apps[0].Name, apps[1].Name = apps[1].Name, apps[0].Name },
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			r.upsertAll(catalogue())
			apps := catalogue()
			change(apps)
			before := r.Counts()
			first := r.must(contract.UpsertAppsParams{Apps: apps, DryRun: "run"})
			second := r.must(contract.UpsertAppsParams{Apps: apps, DryRun: "run"})
			if r.Counts() != before {
				t.Errorf("it wrote %+v", r.Counts())
			}
			if first.Counts.Updated == 0 || second.Counts.Unchanged != 3 {
				t.Errorf("counts %+v, then %+v", first.Counts, second.Counts)
			}
			if wrote := r.upsertAll(apps); wrote.Counts != first.Counts {
				t.Errorf("a session does %+v", wrote.Counts)
			}
		})
	}
}

func TestADryRunGivesTwoAppsOfOneNameTwoRecordsWithoutLinkKeysAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		var untaken saas.Untaken
		first, second, _ := namesakes()
		for _, app := range []saas.App{first, second} {
			untaken.Add(string(saas.FieldLinkKey), saas.LinkKey(app.ID), "no")
		}
		page := contract.UpsertAppsParams{Apps: []saas.App{first, second}, DryRun: "run", Untaken: untaken, CheckCreator: true}
		out := r.must(page)
		if out.Counts.Created != 2 || out.Refs[0].SaaS == out.Refs[1].SaaS || out.CreatorChecked || len(out.Claims) > 0 {
			t.Errorf("%+v", out)
		}
		again := r.must(page)
		if again.Counts.Unchanged != 2 || again.Refs[0].SaaS != out.Refs[0].SaaS || again.Refs[1].SaaS != out.Refs[1].SaaS {
			t.Errorf("then %+v", again)
		}
	})
}

func TestADryRunOfAPageThatCannotBeReadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.OomnitzaDoor.Post(sandbox.AnswerDown)
		if out, err := r.upsert(contract.UpsertAppsParams{Apps: catalogue(), DryRun: "run"}); httpx.KindOf(err) != httpx.KindServer {
			t.Errorf("%+v, %v", out.Counts, err)
		}
	})
}
