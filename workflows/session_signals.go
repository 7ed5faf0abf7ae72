package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// Bounds on signals to a session.
const (
	maxProgressBytes = 512 << 10 // notes are the most of it
	maxStarterBytes  = 200
)

// receiveProgress takes in the latest progress of Sync; false when no signal
// passed its check.
func (s *session) receiveProgress(ctx workflow.Context, c workflow.ReceiveChannel) (changed bool) {
	drainSignals(c, func(raw json.RawMessage) {
		p, err := parseSignal(raw, maxProgressBytes, checkProgress)
		if err != nil {
			logDropped(ctx, contract.SignalProgress, err)
			return
		}
		s.progress, changed = p, true
	})
	return changed
}

// checkProgress rejects what no Sync sends.
func checkProgress(p contract.Progress) error {
	c := p.Counts
	switch {
	case p.Phase == "" || p.At.IsZero():
		return errors.New("it has no phase or no time")
	case min(p.AppsKnown, p.AppsRead, p.Pages, c.Apps.Seen, c.Apps.Rejected, c.Users.Seen, c.Users.Rejected, c.People.Created, p.Requests.Defender, p.Requests.Oomnitza) < 0:
		return errors.New("a count is below zero")
	}
	return nil
}

// receiveStarter takes in who triggered the schedule; false when no signal
// passed its check.
func (s *session) receiveStarter(ctx workflow.Context) (changed bool) {
	drainSignals(s.startedBy, func(raw json.RawMessage) {
		by, err := parseSignal(raw, 10*maxStarterBytes, checkStarter)
		if err != nil {
			logDropped(ctx, contract.SignalStartedBy, err)
			return
		}
		s.result.StartedBy, changed = by, true
	})
	return changed
}

// checkStarter rejects what is not a name: the Web UI's list shows it.
func checkStarter(by string) error {
	if by == "" || len(by) > maxStarterBytes || strings.ContainsFunc(by, unicode.IsControl) {
		return fmt.Errorf("a name has 1 to %d printable characters", maxStarterBytes)
	}
	return nil
}
