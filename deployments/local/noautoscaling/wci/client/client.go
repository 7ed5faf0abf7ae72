// Package client is how Temporal's server asks what starts the workers of a deployment:
// here, nothing does.
package client

import (
	"context"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/server/common/namespace"
	"go.uber.org/fx"

	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
)

// Module provides the server with a Client.
var Module = fx.Options(fx.Provide(newClient))

// Client is what the server asks of a version of a deployment.
type Client interface {
	// DescribeWorkerControllerInstance tells how its workers are started, or returns a
	// *serviceerror.NotFound: nothing starts them.
	DescribeWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion) (
		*iface.WorkerControllerInstance, []byte, error)
	// UpdateWorkerControllerInstance changes that. A *serviceerror.InvalidArgument is not
	// tried again.
	UpdateWorkerControllerInstance(ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion, conflictToken []byte,
		identity string, upserts map[string]iface.ScalingGroupSpecUpdate, removes []string) (*iface.WorkerControllerInstance, error)
	// ValidateWorkerControllerInstanceSpec checks such a change.
	ValidateWorkerControllerInstanceSpec(ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion,
		identity string, upserts map[string]iface.ScalingGroupSpecUpdate, removes []string) error
	// DeleteWorkerControllerInstance has them started no more.
	DeleteWorkerControllerInstance(ctx context.Context, ns *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion, identity string) error
}

// none is the Client of a server that starts no workers.
type none struct{}

func newClient() Client { return none{} }

func (none) DescribeWorkerControllerInstance(_ context.Context, _ *namespace.Namespace, version *deploymentpb.WorkerDeploymentVersion) (
	*iface.WorkerControllerInstance, []byte, error) {
	return nil, nil, serviceerror.NewNotFoundf("this Temporal server starts no workers, neither those of %s/%s",
		version.GetDeploymentName(), version.GetBuildId())
}

func (none) UpdateWorkerControllerInstance(_ context.Context, _ *namespace.Namespace, _ *deploymentpb.WorkerDeploymentVersion, _ []byte,
	_ string, upserts map[string]iface.ScalingGroupSpecUpdate, _ []string) (*iface.WorkerControllerInstance, error) {
	return &iface.WorkerControllerInstance{}, refuse(upserts)
}

func (none) ValidateWorkerControllerInstanceSpec(_ context.Context, _ *namespace.Namespace, _ *deploymentpb.WorkerDeploymentVersion,
	_ string, upserts map[string]iface.ScalingGroupSpecUpdate, _ []string) error {
	return refuse(upserts)
}

func (none) DeleteWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string) error {
	return nil
}

// refuse is the error of a change that would have workers started.
func refuse(upserts map[string]iface.ScalingGroupSpecUpdate) error {
	if len(upserts) == 0 {
		return nil
	}
	return serviceerror.NewInvalidArgument("this Temporal server is built without auto-scaled workers: start the workers yourself, and set no compute configuration")
}
