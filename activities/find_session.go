package activities

import (
	"context"
	"fmt"
	"strings"

	"defendersync/internal/contract"
	"defendersync/internal/sessions"
)

// FindSession finds the session that holds the lane, or held it last. laneID is the
// workflow id of the lane's Sync.
func (a *Activities) FindSession(ctx context.Context, laneID string) (contract.FindSessionResult, error) {
	lane, err := a.sessionsOf(integrationOfLane(laneID)).FindLane(ctx)
	if err != nil {
		return contract.FindSessionResult{}, err
	}
	if lane.Session == "" {
		return contract.FindSessionResult{}, fmt.Errorf("no session has held %s", laneID)
	}
	return contract.FindSessionResult{Session: lane.Session, Since: lane.Since}, nil
}

// sessionsOf reads the sessions of an integration.
func (a *Activities) sessionsOf(integration string) sessions.Reader {
	return sessions.Reader{Temporal: a.temporal, Namespace: a.opts.Namespace, Integration: integration, Converter: a.opts.Converter}
}

// integrationOfLane is the integration that a lane belongs to.
func integrationOfLane(id string) string { return strings.TrimPrefix(id, contract.SyncID("")) }
