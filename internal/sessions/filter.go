package sessions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Filter selects sessions. Zero values select all.
type Filter struct {
	Outcomes []saas.Outcome // any of these
	Since    time.Time      // started at this time or later
	Until    time.Time      // started before this time
	Run      string         // with this run id
	Mode     saas.Mode      // full or incremental; dry runs are neither
	Limit    int            // at most so many, the latest first; 0: all
}

// Query returns the filter as a visibility query, for all sessions of an integration.
func (f Filter) Query(integration string) string {
	terms := []string{
		fmt.Sprintf("WorkflowType = '%s'", contract.WorkflowSession),
		fmt.Sprintf("%s = '%s'", contract.AttrIntegration, integration),
	}
	if !f.Since.IsZero() {
		terms = append(terms, "StartTime >= '"+f.Since.UTC().Format(time.RFC3339Nano)+"'")
	}
	if !f.Until.IsZero() {
		terms = append(terms, "StartTime < '"+f.Until.UTC().Format(time.RFC3339Nano)+"'")
	}
	if f.Run != "" {
		terms = append(terms, "RunId = '"+f.Run+"'")
	}
	if f.Mode != "" {
		terms = append(terms, fmt.Sprintf("%s = '%s'", contract.AttrMode, f.Mode))
	}
	if len(f.Outcomes) > 0 {
		var any []string
		for _, o := range f.Outcomes {
			any = append(any, outcomeTerm(o))
		}
		terms = append(terms, "("+strings.Join(any, " OR ")+")")
	}
	return strings.Join(terms, " AND ")
}

// outcomeTerm selects the sessions of an outcome: by the search attribute that a session
// writes when it ends, or by Temporal's status if it may not have been able to.
func outcomeTerm(o saas.Outcome) string {
	written := fmt.Sprintf("%s = '%s'", contract.AttrOutcome, o)
	switch o {
	case saas.OutcomeRunning:
		return "ExecutionStatus = 'Running'"
	case saas.OutcomeTerminated:
		return "ExecutionStatus = 'Terminated'"
	case saas.OutcomeTimedOut:
		return "ExecutionStatus = 'TimedOut'"
	case saas.OutcomeFailed:
		return "(" + written + " OR ExecutionStatus = 'Failed')"
	case saas.OutcomeCancelled:
		return "(" + written + " OR ExecutionStatus = 'Canceled')"
	}
	return written
}

// accepts reports whether a session that the query has found belongs to the result. Its
// outcome may have changed since it was listed. One whose outcome is not certain stays.
func (f Filter) accepts(s Session) bool {
	return len(f.Outcomes) == 0 || s.Unclear != "" || slices.Contains(f.Outcomes, s.Outcome)
}
