package contract

import (
	"testing"
	"time"
)

func TestASessionIsNamedByWhatTellsItFromOthers(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 456_000_000, time.FixedZone("CET", 3600))
	for id, want := range map[string]string{
		ScheduledSessionID("acme", at): "2026-11-24T00:02:03Z",
		DirectSessionID("acme", at):    "run-2026-11-24T00:02:03.456Z",
	} {
		name, ok := CutSessionID("acme", id)
		if !ok || name != want {
			t.Errorf("%s is named %q, %v; want %q", id, name, ok, want)
		}
		if back := JoinSessionID("acme", name); back != id {
			t.Errorf("%s stands for %s, not for %s", name, back, id)
		}
	}
}

func TestOtherIdsAreNoSessions(t *testing.T) {
	for _, id := range []string{"", "session/acme", "session/acme-", "session/acmetwo-2026-11-24T00:00:00Z", "sync/acme", "session/other-2026-11-24T00:00:00Z"} {
		if name, ok := CutSessionID("acme", id); ok {
			t.Errorf("%q is taken for session %q", id, name)
		}
	}
}
