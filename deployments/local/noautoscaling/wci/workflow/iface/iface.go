// Package iface has the types in which Temporal's server keeps how workers of a
// deployment are to be started.
package iface

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
)

type (
	// ComputeProviderType names who starts workers.
	ComputeProviderType string
	// ScalingAlgorithmType names the rule that says how many.
	ScalingAlgorithmType string
	// ValidationResult is how a check of a specification ended.
	ValidationResult string

	// ComputeProviderSpec says who starts workers.
	ComputeProviderSpec struct {
		ProviderType  ComputeProviderType
		Config        *commonpb.Payload
		NexusEndpoint string
	}

	// ScalingAlgorithmSpec says how many.
	ScalingAlgorithmSpec struct {
		ScalingAlgorithm ScalingAlgorithmType
		Config           *commonpb.Payload
	}

	// ScalingGroupSpec says both for some kinds of tasks.
	ScalingGroupSpec struct {
		TaskTypes []enumspb.TaskQueueType
		Compute   ComputeProviderSpec
		Scaling   *ScalingAlgorithmSpec
	}

	// ScalingGroupSpecUpdate changes the fields of a group that its mask names.
	ScalingGroupSpecUpdate struct {
		Spec       ScalingGroupSpec
		UpdateMask []string
	}

	// WorkerControllerInstanceSpec is all groups of a version, by their names.
	WorkerControllerInstanceSpec struct {
		ScalingGroupSpecs map[string]ScalingGroupSpec
	}

	// WorkerControllerInstance is what is known of a version's workers.
	WorkerControllerInstance struct {
		Spec             *WorkerControllerInstanceSpec
		ValidationStatus *ValidationStatus
	}

	// ValidationStatus is the latest check of a specification. Its JSON is that of the
	// signal which the server's workflow of a version receives.
	ValidationStatus struct {
		LastValidationTime time.Time        `json:"last_validation_time"`
		Status             ValidationResult `json:"status"`
		ErrMessage         string           `json:"err_message,omitempty"`
	}
)

// ValidationResultFailed is the result of a check that failed.
const ValidationResultFailed ValidationResult = "failed"
