package workflows

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// readLog decodes a log of JSON lines, and gives those with a message.
func readLog(t *testing.T, log *bytes.Buffer, message string) (out []map[string]any) {
	t.Helper()
	for dec := json.NewDecoder(log); dec.More(); {
		var line map[string]any
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == message {
			out = append(out, line)
		}
	}
	return out
}

func TestTheLogTellsWhatASessionCameTo(t *testing.T) {
	for name, tc := range map[string]struct {
		fakes *fakes
		want  map[string]any
	}{
		"it completes": {&fakes{pages: 2}, map[string]any{
			"level": "INFO", "outcome": "Completed", "mode": "full", "apps": 200.0, "appsAdded": 200.0, "users": 600.0, "usersAdded": 600.0, "requestsDefender": 204.0, "rateLimited": 0.0}},
		"it fails": {&fakes{openErr: temporal.NewNonRetryableApplicationError("the token is wrong", "Unauthorized", nil)}, map[string]any{
			"level": "ERROR", "outcome": "Failed", "users": 0.0, "reason": "the token is wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			env := newEnvLogging(t, tc.fakes, slog.NewJSONHandler(&out, nil))
			env.ExecuteWorkflow(contract.WorkflowSession, input())
			log := out.Bytes()
			if begun := readLog(t, bytes.NewBuffer(log), "session begun"); len(begun) != 1 || begun[0]["dryRun"] != false {
				t.Errorf("it begins as %v", begun)
			}
			ended := readLog(t, bytes.NewBuffer(log), "session ended")
			if len(ended) != 1 {
				t.Fatalf("it ends as %v", ended)
			}
			for key, want := range tc.want {
				if ended[0][key] != want {
					t.Errorf("%s is %v, not %v", key, ended[0][key], want)
				}
			}
		})
	}
}
