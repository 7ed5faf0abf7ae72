package workflows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/watch"
)

// hostile are signals that no part of the product sends.
func hostile() map[string]scriptedSignal {
	absurd := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	session := map[string]any{"id": "session/test-x", "run": runOf(7), "began": monday}
	with := func(name string, value any) map[string]any {
		out := map[string]any{}
		for k, v := range session {
			out[k] = v
		}
		out[name] = value
		return out
	}
	settings := func(name string, value any) map[string]any {
		out := map[string]any{"integration": "test", "stallAfter": "24h", "noProgress": "1h", "grace": "15m", "every": "5m", "contacts": []string{"ann@contoso.com"}}
		out[name] = value
		return out
	}
	huge := strings.Repeat("x", maxWatchBytes)
	return map[string]scriptedSignal{
		"an empty session":                  {0, contract.SignalSession, map[string]any{}},
		"a session of nothing":              {0, contract.SignalSession, nil},
		"a session that is a text":          {0, contract.SignalSession, "session"},
		"a session that is a list":          {0, contract.SignalSession, []int{1}},
		"a session with a number as id":     {0, contract.SignalSession, with("id", 5)},
		"a session of somebody else":        {0, contract.SignalSession, with("id", "session/other-x")},
		"a workflow that is no session":     {0, contract.SignalSession, with("id", "sync/test")},
		"a session with a run that is none": {0, contract.SignalSession, with("run", "../..")},
		"a session that began in 9999":      {0, contract.SignalSession, with("began", absurd)},
		"a session that never began":        {0, contract.SignalSession, with("began", time.Time{})},
		"a session that is huge":            {0, contract.SignalSession, with("note", huge)},
		"empty settings":                    {0, contract.SignalSettings, map[string]any{}},
		"settings that are a number":        {0, contract.SignalSettings, 5},
		"settings of another":               {0, contract.SignalSettings, settings("integration", "other")},
		"settings without a pause":          {0, contract.SignalSettings, settings("every", "0s")},
		"settings of many days":             {0, contract.SignalSettings, settings("stallAfter", 2_400_000*time.Hour)},
		"settings of less than nothing":     {0, contract.SignalSettings, settings("grace", -time.Hour)},
		"settings that are huge":            {0, contract.SignalSettings, settings("contacts", []string{huge})},
		"an empty claim":                    {0, contract.SignalClaim, map[string]any{}},
		"a claim for ever":                  {0, contract.SignalClaim, contract.NoticeClaim{By: "x", Keys: []string{"test/failed/" + runOf(0)}, Until: absurd}},
		"a claim that is a list":            {0, contract.SignalClaim, []string{"x"}},
		"nothing told":                      {0, contract.SignalSent, map[string]any{}},
		"a notice without a key":            {0, contract.SignalSent, contract.SentNotices{By: "x", Notices: []contract.Notice{{Headline: "h", Kind: contract.NoticeFailed, At: monday}}}},
		"a delivery of nothing":             {0, contract.SignalSent, contract.SentNotices{By: "x", Pending: []contract.Delivery{{Key: "nothing", Channel: contract.ChannelEmail, Since: monday}}}},
		"a delivery by pigeon":              {0, contract.SignalSent, contract.SentNotices{By: "x", Pending: []contract.Delivery{{Channel: "pigeon", Since: monday}}}},
		"a delivery in 9999":                {0, contract.SignalSent, contract.SentNotices{By: "x", Pending: []contract.Delivery{{Channel: contract.ChannelPing, Since: monday, Next: absurd}}}},
		"marks that are a text":             {0, contract.SignalRead, "all"},
		"marks on nothing":                  {0, contract.SignalRead, map[string]any{}},
		"a session that is not there":       {0, contract.SignalSession, session},
	}
}

// TestABadSignalCostsItselfAlone: whatever comes by signal, a session that
// fails later is told, once, and the watch does not spin meanwhile.
func TestABadSignalCostsItselfAlone(t *testing.T) {
	for name, signal := range hostile() {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed)}
			r.strict = true
			signal.after = 10 * time.Minute
			r.signals = []scriptedSignal{signal}
			r.run(12 * time.Hour)
			r.want("failed: The session failed after 1h")
			if got := r.state.Watch.Settings; got.Integration != "test" || got.Every != r.settings.Every || !slices.Equal(got.Contacts, r.settings.Contacts) {
				t.Errorf("the settings are %+v", got)
			}
			if r.state.LookError != "" || len(r.state.Watch.Sessions) != 0 || len(r.state.Claims) != 0 || len(r.state.Pending) != 0 {
				t.Errorf("the state is %+v", r.state)
			}
			if r.looks > 60 {
				t.Errorf("%d looks in 12 hours", r.looks)
			}
		})
	}
}

func TestOneBadEntryIsDroppedAndTheOthersKept(t *testing.T) {
	r := newWatchRig(t)
	good := contract.Notice{Key: "test/missed/x", Kind: contract.NoticeMissed, Integration: "test", At: monday, Headline: "told from outside"}
	settings := r.settings
	settings.Contacts = []string{"ann@contoso.com", "no address", "eve@contoso.com\r\nBcc: x@y", "zoe@contoso.com"}
	r.signals = []scriptedSignal{
		{time.Minute, contract.SignalSent, contract.SentNotices{By: "cron", Notices: []contract.Notice{{Kind: contract.NoticeFailed}, good}}},
		{time.Minute, contract.SignalSettings, settings},
	}
	r.run(time.Hour)
	if len(r.state.Notices) != 1 || r.state.Notices[0].Key != good.Key {
		t.Errorf("notices: %+v", r.state.Notices)
	}
	if got := r.state.Watch.Settings.Contacts; !slices.Equal(got, []string{"ann@contoso.com", "zoe@contoso.com"}) {
		t.Errorf("contacts: %v", got)
	}
}

// TestAPoisonedWatchRecovers: an older version has believed what it should not
// have, and its state was handed on.
func TestAPoisonedWatchRecovers(t *testing.T) {
	absurd := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, poison := range map[string]func(*contract.WatchState){
		"a session without a name": func(s *contract.WatchState) { s.Watch = watch.AnnounceSession(s.Watch, "", "", time.Time{}) },
		"no settings":              func(s *contract.WatchState) { s.Watch.Settings = contract.WatchSettings{} },
		"a claim for ever": func(s *contract.WatchState) {
			s.Claims = []contract.NoticeClaim{{By: "x", Keys: []string{"test/failed/" + runOf(0)}, Until: absurd}}
		},
		"a delivery of nothing": func(s *contract.WatchState) {
			s.Pending = []contract.Delivery{{Key: "nothing", Channel: contract.ChannelEmail, Since: monday, Next: monday}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			r.strict = true
			r.handed = contract.NewWatchState(r.settings, monday.Add(-time.Hour))
			poison(r.handed)
			r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed)}
			// A session that starts brings the settings that were lost.
			r.signals = []scriptedSignal{{150 * time.Minute, contract.SignalSession, contract.SessionNews{
				ID: r.sessions[0].ID, Run: runOf(0), Began: three(0), Settings: &r.settings,
			}}}
			r.run(12 * time.Hour)
			r.want("failed: The session failed after 1h")
			if r.state.DefaultSettings || !watch.IsSound(&r.state, "test", monday) {
				t.Errorf("the state is %+v", r.state)
			}
			if r.looks > 60 {
				t.Errorf("%d looks in 12 hours", r.looks)
			}
		})
	}
}

// TestBadSignalsToASessionCostThemselvesAlone: none holds it up, and nothing
// of them is in its result.
func TestBadSignalsToASessionCostThemselvesAlone(t *testing.T) {
	for name, signal := range map[string]scriptedSignal{
		"empty progress":           {0, contract.SignalProgress, map[string]any{}},
		"progress that is a text":  {0, contract.SignalProgress, "done"},
		"progress that is less":    {0, contract.SignalProgress, contract.Progress{Phase: "x", At: began, Pages: -1}},
		"progress that is huge":    {0, contract.SignalProgress, contract.Progress{Phase: strings.Repeat("x", maxProgressBytes), At: began}},
		"a starter that is none":   {0, contract.SignalStartedBy, ""},
		"a starter that is a list": {0, contract.SignalStartedBy, []string{"ann"}},
		"a starter of two lines":   {0, contract.SignalStartedBy, "ann\nbob"},
		"a starter that is huge":   {0, contract.SignalStartedBy, strings.Repeat("x", 100<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			sent := false
			env := newEnv(t, &fakes{})
			env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) {
				if !sent {
					sent = true
					env.SignalWorkflow(signal.name, signal.arg)
				}
			})
			r := run(t, env, input())
			if r.Outcome != saas.OutcomeCompleted || r.StartedBy != "schedule" || r.Pages != 3 {
				t.Errorf("result %+v", r)
			}
		})
	}
}
