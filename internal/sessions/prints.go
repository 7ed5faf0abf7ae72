package sessions

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"defendersync/internal/contract"
)

// printsEvents bounds how many of a run's latest events are searched for the
// fingerprints: keeping them is the last thing that a run does.
const printsEvents = 60

// ReadPrints reads the fingerprints that a run has kept, as prints.DecodeSet takes
// them. It reads the end of that run's history. The error says why that is not to be
// had, such as that Temporal no longer keeps the run; see ErrKey.
func (r Reader) ReadPrints(ctx context.Context, ref contract.PrintsRef) ([]byte, error) {
	completed := map[int64]*historypb.ActivityTaskCompletedEventAttributes{} // by the event that scheduled it
	var found *historypb.ActivityTaskCompletedEventAttributes
	err := r.walkBackward(ctx, ref.Workflow, ref.Run, printsEvents, func(e *historypb.HistoryEvent) bool {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			done := e.GetActivityTaskCompletedEventAttributes()
			completed[done.GetScheduledEventId()] = done
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == contract.ActivityKeepPrints {
				found = completed[e.GetEventId()]
			}
		}
		return found == nil
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("run %s of %s has kept no fingerprints", ref.Run, ref.Workflow)
	}
	var kept contract.KeepPrintsResult
	if err := r.decode("the fingerprints", found.GetResult(), &kept); err != nil {
		return nil, err
	}
	return kept.Set, nil
}
