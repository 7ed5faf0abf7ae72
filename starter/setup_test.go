package main

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"defendersync/internal/testing/simulator"
)

func TestSetupRegistersTheSearchAttributesOnce(t *testing.T) {
	r := newRig(t, simulator.Options{})
	_, err := r.temporal.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: r.Name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh := []string{"TEMPORAL_NAMESPACE=" + r.Name}
	eventually(t, "check sees the namespace", func() bool {
		var list []finding
		r.runWith(fresh, "check", "--output", "json").decode(&list)
		return list[0].Status == statusOK && list[1].Status == statusFailed && strings.HasSuffix(list[1].Detail, ": run 'defendersync setup'")
	})
	var first ran
	eventually(t, "the namespace is there", func() bool { first = r.runWith(fresh, "setup"); return first.code == exitCompleted })
	first.quiet().prints("registered in namespace "+r.Name+": ", "SyncIntegration", "SyncOutcome")
	r.runWith(fresh, "setup").ends(exitCompleted).quiet().prints("namespace " + r.Name + " already has all search attributes\n")
}

func TestSetupSaysWhatKeepsItFromTemporal(t *testing.T) {
	r := newRig(t, simulator.Options{})
	for name, tc := range map[string]struct {
		settings []string
		code     int
		says     []string
	}{
		"a namespace that is not there": {[]string{"TEMPORAL_NAMESPACE=nowhere"}, exitFailed, []string{"nowhere", "TEMPORAL_NAMESPACE"}},
		"nobody at the address":         {[]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, exitFailed, []string{"127.0.0.1:1", "TEMPORAL_ADDRESS"}},
		"an address that is none":       {[]string{"TEMPORAL_ADDRESS=http://127.0.0.1:7233"}, exitUsage, []string{"TEMPORAL_ADDRESS", "host:port"}},
		"a name that is none":           {[]string{"INTEGRATION_NAME=not a name"}, exitUsage, []string{"INTEGRATION_NAME"}},
		"a key that is none":            {[]string{"PAYLOAD_ENCRYPTION_KEY=short"}, exitUsage, []string{"PAYLOAD_ENCRYPTION_KEY"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.runWith(tc.settings, "setup").says(tc.says...); got.code != tc.code || strings.Contains(got.out, "registered") {
				t.Errorf("ended with %d: %s%s", got.code, got.out, got.err)
			}
		})
	}
	r.run("setup", "now").ends(exitUsage).says(`"now"`)
}
