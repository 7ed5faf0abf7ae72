package sessions

import (
	"fmt"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/contract"
)

// dryRunMode is the search attribute of a dry run in place of its mode.
const dryRunMode = "dry run"

// labelsOf reads a session's search attributes, which are readable even if its result
// is not: they are never encrypted.
func labelsOf(info *workflowpb.WorkflowExecutionInfo) contract.SessionResult {
	var r contract.SessionResult
	fields := info.GetSearchAttributes().GetIndexedFields()
	read := func(name string, into any) {
		if p := fields[name]; p != nil {
			// A value of another type is left out.
			_ = converter.GetDefaultDataConverter().FromPayload(p, into)
		}
	}
	read(contract.AttrStartedBy, &r.StartedBy)
	read(contract.AttrMode, &r.Mode)
	read(contract.AttrOutcome, &r.Outcome)
	if r.Mode == dryRunMode {
		r.Mode, r.DryRun = "", true
	}
	if r.LimitApps = contract.ParseLimitedMode(r.Mode); r.LimitApps > 0 {
		r.Mode = ""
	}
	return r
}

// needsSetup says what to do if the namespace lacks our search attributes.
func needsSetup(err error) error {
	if strings.Contains(err.Error(), "search attribute") {
		return fmt.Errorf("%w (run 'defendersync setup' once for this namespace)", err)
	}
	return err
}
