package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	computepb "go.temporal.io/api/compute/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The server is built without what starts workers on other machines (noautoscaling).
// Worker versioning, which is next to it in the server's code, works all the same.
func TestServerVersionsWorkersAndStartsNone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c := startServer(t, "--db", filepath.Join(t.TempDir(), "temporal.db")).dial(t)

	version := worker.WorkerDeploymentVersion{DeploymentName: "greetings", BuildID: "one"}
	w := worker.New(c, "greetings", worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, Version: version,
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned}})
	w.RegisterWorkflow(greet)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	deployment := c.WorkerDeploymentClient().GetHandle("greetings")
	for {
		if _, err := deployment.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "one"}); err == nil {
			break
		} else if ctx.Err() != nil {
			t.Fatal(err) // until then the server has not heard of the worker
		}
	}
	begin(ctx, t, c, "versioned")
	finish(ctx, t, c, "versioned", "one")
	described, err := deployment.DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: "one"})
	if err != nil || described.Info.Version.BuildID != "one" {
		t.Fatalf("described as %+v, %v", described.Info.Version, err)
	}

	_, err = c.WorkflowService().ValidateWorkerDeploymentVersionComputeConfig(ctx, &workflowservice.ValidateWorkerDeploymentVersionComputeConfigRequest{
		Namespace:         "default",
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: "greetings", BuildId: "one"},
		ComputeConfigScalingGroups: map[string]*computepb.ComputeConfigScalingGroupUpdate{
			"all": {ScalingGroup: &computepb.ComputeConfigScalingGroup{Provider: &computepb.ComputeProvider{Type: "k8s"}}},
		},
	})
	if err == nil || !strings.Contains(err.Error(), "without auto-scaled workers") {
		t.Errorf("a server that starts no workers took a configuration for it: %v", err)
	}
}
