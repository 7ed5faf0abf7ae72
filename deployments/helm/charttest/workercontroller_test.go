package charttest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The two kinds of Temporal's worker controller 1.8, whose module can't be had as one of
// Go's: what its documentation has of the fields that the chart may use.
// https://github.com/temporalio/temporal-worker-controller/tree/v1.8.1/helm/temporal-worker-controller-crds

type workerDeployment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              workerDeploymentSpec `json:"spec"`
}

type workerDeploymentSpec struct {
	Replicas      *int32                 `json:"replicas,omitempty"`
	Template      corev1.PodTemplateSpec `json:"template"`
	WorkerOptions struct {
		ConnectionRef       corev1.LocalObjectReference `json:"connectionRef"`
		TemporalNamespace   string                      `json:"temporalNamespace"`
		UnsafeCustomBuildID string                      `json:"unsafeCustomBuildID,omitempty"`
	} `json:"workerOptions"`
	Rollout struct {
		Strategy string `json:"strategy"`
		Steps    []struct {
			RampPercentage int             `json:"rampPercentage"`
			PauseDuration  metav1.Duration `json:"pauseDuration"`
		} `json:"steps,omitempty"`
	} `json:"rollout"`
	Sunset struct {
		ScaledownDelay *metav1.Duration `json:"scaledownDelay,omitempty"`
		DeleteDelay    *metav1.Duration `json:"deleteDelay,omitempty"`
	} `json:"sunset"`
	MinReadySeconds         int32  `json:"minReadySeconds,omitempty"`
	ProgressDeadlineSeconds *int32 `json:"progressDeadlineSeconds,omitempty"`
}

type connection struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		HostPort string `json:"hostPort"`
		TLS      *struct {
			ServerName string `json:"serverName,omitempty"`
		} `json:"tls,omitempty"`
		MutualTLSSecretRef *corev1.LocalObjectReference `json:"mutualTLSSecretRef,omitempty"`
		APIKeySecretRef    *corev1.SecretKeySelector    `json:"apiKeySecretRef,omitempty"`
	} `json:"spec"`
}

// DeepCopyObject is asked for by the decoder, which does not call it.
func (w *workerDeployment) DeepCopyObject() runtime.Object { return new(*w) }

// DeepCopyObject is asked for by the decoder, which does not call it.
func (c *connection) DeepCopyObject() runtime.Object { return new(*c) }

func addWorkerController(types *runtime.Scheme) error {
	group := schema.GroupVersion{Group: "temporal.io", Version: "v1alpha1"}
	types.AddKnownTypeWithName(group.WithKind("WorkerDeployment"), &workerDeployment{})
	types.AddKnownTypeWithName(group.WithKind("Connection"), &connection{})
	return nil
}
