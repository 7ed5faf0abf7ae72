package watch

import (
	"time"

	"defendersync/internal/contract"
)

// listLag is how far before the last look ended sessions are asked for, since Temporal's
// lists lag behind.
const listLag = 10 * time.Minute

// PlanObservation returns what has to be observed for the next judgement.
func PlanObservation(s contract.Watched, now time.Time) contract.ObserveParams {
	in := contract.ObserveParams{
		Integration: s.Settings.Integration, Now: now.UTC(), Since: s.Since, Sessions: s.Sessions, Due: DueStarts(s, now), Looked: s.Looked,
	}
	if !s.Looked.IsZero() {
		in.Since = s.Looked.Add(-listLag)
	}
	return in
}
