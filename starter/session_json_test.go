package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

func TestASessionAsJSONTellsWhereItStands(t *testing.T) {
	c := connection{settings: config.Settings{Integration: config.Integration{Name: "hr", Timezone: "UTC"}}, page: func(id, run string) string { return "http://ui/" + id + "/" + run }}
	began := noon.Add(-time.Minute)
	result := contract.SessionResult{Session: "session/hr-1", Outcome: saas.OutcomeRunning, Began: began}
	waiting := contract.Waiting{For: "Defender's rate limit", Since: began, Until: noon}
	for name, tc := range map[string]struct {
		s           sessions.Session
		phase, for_ string
		standing    string
		took        float64
	}{
		"at work":              {sessions.Session{SessionResult: result, Progress: &sessions.Progress{Progress: contract.Progress{Phase: "reading apps"}}}, "reading apps", "", "", 60},
		"waiting for a tenant": {sessions.Session{SessionResult: result, Progress: &sessions.Progress{Progress: contract.Progress{Phase: "reading apps", Waiting: waiting}}}, "reading apps", "Defender's rate limit", "", 60},
		"waiting for a worker": {sessions.Session{SessionResult: result, Queued: &sessions.OpenSession{ID: "session/hr-1", Began: began}}, "queued", "a worker", "has been waiting for a worker since ", 60},
		"not begun":            {sessions.Session{SessionResult: contract.SessionResult{Session: "session/hr-1"}}, "", "", "", -1},
	} {
		t.Run(name, func(t *testing.T) {
			tc.s.Run = "run-1"
			text, err := json.Marshal(c.viewSession(tc.s, noon))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Phase, Standing, WebUI string
				Waiting                *struct {
					For          string
					Since, Until time.Time
				}
				TookSeconds *float64
			}
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if got.Phase != tc.phase || !strings.Contains(got.Standing, tc.standing) || (got.Standing == "") != (tc.standing == "") || got.WebUI != "http://ui/session/hr-1/run-1" {
				t.Errorf("it is %s", text)
			}
			if (got.Waiting == nil) != (tc.for_ == "") || got.Waiting != nil && (got.Waiting.For != tc.for_ || !got.Waiting.Since.Equal(began)) {
				t.Errorf("it waits: %s", text)
			}
			if (got.TookSeconds == nil) != (tc.took < 0) || got.TookSeconds != nil && *got.TookSeconds != tc.took {
				t.Errorf("it took: %s", text)
			}
		})
	}
}

func TestProgressIsWrittenWhenItHasChangedAndNotTooOften(t *testing.T) {
	var out bytes.Buffer
	w := &progressWriter{out: &out, head: func() envelope.Head { return envelope.Head{Kind: "run.progress"} }}
	for _, step := range []struct {
		title string
		done  int
		after time.Duration
		lines int
	}{
		{"the first", 1, 0, 1},
		{"the same, later", 1, plainEvery, 1},
		{"another one", 2, plainEvery, 2},
		{"one more, too soon", 3, 2*plainEvery - 1, 2},
		{"one more, in time", 3, 2 * plainEvery, 3},
	} {
		if err := w.writeProgress(progressJSON{Phase: "reading apps", AppsDone: step.done}, noon.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != step.lines {
			t.Errorf("after %s there are %d lines:\n%s", step.title, got, &out)
		}
	}
	var nobody *progressWriter
	if err := nobody.writeProgress(progressJSON{}, noon); err != nil {
		t.Error(err)
	}
}
