package workflows

import (
	"compress/gzip"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
)

// The histories were recorded from released versions, by the TestRecord… tests
// of package e2e. They stand for the workflows that run while a worker is
// upgraded, so each of them has to replay for as long as such workflows may
// live. A change that breaks one needs workflow.GetVersion, not a new recording.

func TestRecordedHistoriesReplay(t *testing.T) {
	for name, history := range recordedHistories(t) {
		t.Run(name, func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			Register(replayer)
			quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
			if err := replayer.ReplayWorkflowHistory(quiet, history); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHistoriesOfEveryKindAreRecorded: replaying says something only about what
// was recorded.
func TestHistoriesOfEveryKindAreRecorded(t *testing.T) {
	all := recordedHistories(t)
	endsAs := func(workflow string, end enumspb.EventType) func(*historypb.History) bool {
		return func(h *historypb.History) bool {
			return workflowType(h) == workflow && h.Events[len(h.Events)-1].GetEventType() == end
		}
	}
	for kind, is := range map[string]func(*historypb.History) bool{
		"a session that completed":     endsAs(contract.WorkflowSession, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED),
		"a session that failed":        endsAs(contract.WorkflowSession, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED),
		"a session that was cancelled": endsAs(contract.WorkflowSession, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED),
		"a sync continued as new":      endsAs(contract.WorkflowSync, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW),
		"a sync that goes on from another run": func(h *historypb.History) bool {
			return workflowType(h) == contract.WorkflowSync && h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != ""
		},
		"a watch continued as new": endsAs(contract.WorkflowWatch, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW),
		"a watch that goes on from another run": func(h *historypb.History) bool {
			return workflowType(h) == contract.WorkflowWatch && h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId() != ""
		},
		"a sync with a version marker":  hasMarker(contract.WorkflowSync),
		"a watch with a version marker": hasMarker(contract.WorkflowWatch),
		"a report that was sent":        endsAs(contract.WorkflowReport, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED),
		"a report that was not":         endsAs(contract.WorkflowReport, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED),
	} {
		found := false
		for _, h := range all {
			found = found || is(h)
		}
		if !found {
			t.Errorf("no history is recorded of %s", kind)
		}
	}
}

func workflowType(h *historypb.History) string {
	return h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

func hasMarker(workflow string) func(*historypb.History) bool {
	return func(h *historypb.History) bool {
		for _, e := range h.Events {
			if e.GetMarkerRecordedEventAttributes().GetMarkerName() == "Version" {
				return workflowType(h) == workflow
			}
		}
		return false
	}
}

// recordedHistories reads the fixtures, by file name. Long ones are compressed.
func recordedHistories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob("testdata/histories/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d histories were found, %v", len(files), err)
	}
	all := make(map[string]*historypb.History, len(files))
	for _, file := range files {
		all[filepath.Base(file)] = readHistory(t, file)
	}
	return all
}

func readHistory(t *testing.T, file string) *historypb.History {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	h, err := client.HistoryFromJSON(in, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return h
}
