package sessions

import (
	"strings"

	"github.com/google/uuid"

	"defendersync/internal/contract"
)

// The names that stand for a session, besides its ids.
const (
	NameLatest  = "latest"  // the session that started last
	NameRunning = "running" // the session that holds the lane, or else waits the longest
)

// ShortName returns a session's workflow id without the part that all sessions of the
// integration share: "2026-11-24T00:00:00Z" or "run-2026-11-24T10:00:00.000Z". An id
// of anything else is returned whole.
func (r Reader) ShortName(id string) string {
	if name, ok := contract.CutSessionID(r.Integration, id); ok {
		return name
	}
	return id
}

// LongName returns the workflow id that a short name stands for. An id is returned
// unchanged.
func (r Reader) LongName(name string) string {
	if strings.HasPrefix(name, contract.SessionID("")) || strings.HasPrefix(name, contract.SyncID("")) {
		return name
	}
	return contract.JoinSessionID(r.Integration, name)
}

// parseRun returns a run id in Temporal's spelling; false if the name is not one.
func parseRun(name string) (string, bool) {
	run, err := uuid.Parse(name)
	return run.String(), err == nil
}
