package charttest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// findPort returns the number of a container's port.
func findPort(c corev1.Container, port intstr.IntOrString) int32 {
	for _, p := range c.Ports {
		if p.Name == port.StrVal || p.ContainerPort == port.IntVal {
			return p.ContainerPort
		}
	}
	return 0
}

func TestProbesAskTheHealthThatTheWorkerServes(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		c := findWorker(t, pods).spec.Containers[0]
		want := listEnv(t, objects, c)["HEALTH_ADDRESS"]
		for what, probe := range map[string]struct {
			probe *corev1.Probe
			path  string
		}{"startup": {c.StartupProbe, "/healthz"}, "liveness": {c.LivenessProbe, "/healthz"}, "readiness": {c.ReadinessProbe, "/readyz"}} {
			if probe.probe == nil || probe.probe.HTTPGet == nil {
				t.Fatalf("there is no probe of %s", what)
			}
			if get := probe.probe.HTTPGet; get.Path != probe.path || fmt.Sprintf(":%d", findPort(c, get.Port)) != want {
				t.Errorf("%s asks %s at %v, the worker serves at %s", what, get.Path, get.Port, want)
			}
		}
	})
}

func TestMetricsAreServedWhereTheyAreRead(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		c := findWorker(t, pods).spec.Containers[0]
		address, on := listEnv(t, objects, c)["METRICS_ADDRESS"]
		services := find[*corev1.Service](objects)
		if on != (len(services) == 1) {
			t.Fatalf("metrics at %q, %d services", address, len(services))
		}
		for _, s := range services {
			if s.Spec.ClusterIP != corev1.ClusterIPNone || !s.Spec.PublishNotReadyAddresses {
				t.Errorf("workers that are not ready, or all but one, are not read: %+v", s.Spec)
			}
			if fmt.Sprintf(":%d", findPort(c, s.Spec.Ports[0].TargetPort)) != address {
				t.Errorf("the Service leads to %v, the worker serves at %s", s.Spec.Ports[0].TargetPort, address)
			}
		}
		for _, policy := range find[*networkingv1.NetworkPolicy](objects) {
			if !strings.HasSuffix(policy.Name, "-worker") {
				if len(policy.Spec.Ingress) > 0 {
					t.Errorf("%s lets somebody in", policy.Name)
				}
				continue
			}
			for _, rule := range policy.Spec.Ingress {
				for _, p := range rule.Ports {
					if findPort(c, *p.Port) == 0 {
						t.Errorf("%s allows %v, which the worker does not have", policy.Name, p.Port)
					}
				}
			}
		}
	})
}

func TestTheMetricsPolicyNamesWhoMayReadThem(t *testing.T) {
	for _, policy := range find[*networkingv1.NetworkPolicy](renderObjects(t, listCases(t)["everything"])) {
		if strings.HasSuffix(policy.Name, "-worker") && (len(policy.Spec.Ingress) != 2 || len(policy.Spec.Ingress[1].From) != 1) {
			t.Errorf("%+v", policy.Spec.Ingress)
		}
	}
}

func TestAWorkerHasTheTimeToStop(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		worker := findWorker(t, pods)
		stop, err := time.ParseDuration(listEnv(t, objects, worker.spec.Containers[0])["WORKER_STOP_TIMEOUT"])
		if err != nil {
			t.Fatal(err)
		}
		if grace := time.Duration(*worker.spec.TerminationGracePeriodSeconds) * time.Second; grace < stop+10*time.Second {
			t.Errorf("the worker may take %v, and is killed after %v", stop, grace)
		}
	})
}

func TestARolloutLeavesNoMomentWithoutWorkers(t *testing.T) {
	objects := renderObjects(t, minimal())
	d := findOne[*appsv1.Deployment](t, objects)
	if r := d.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable.IntVal != 0 || r.MaxSurge.IntVal < 1 || *d.Spec.Replicas != 2 {
		t.Errorf("%+v with %d workers", d.Spec.Strategy, *d.Spec.Replicas)
	}
	b := findOne[*policyv1.PodDisruptionBudget](t, objects)
	if b.Spec.MinAvailable != nil || b.Spec.MaxUnavailable.IntVal != 1 || *b.Spec.UnhealthyPodEvictionPolicy != policyv1.AlwaysAllow {
		t.Errorf("%+v: a node with a worker alone could not be drained", b.Spec)
	}
}

func TestWorkersAreSpreadUnlessTheValuesSayOtherwise(t *testing.T) {
	var keys []string
	for _, c := range findWorker(t, listPods(renderObjects(t, minimal()))).spec.TopologySpreadConstraints {
		keys = append(keys, c.TopologyKey)
	}
	if !slices.Equal(keys, []string{"kubernetes.io/hostname", "topology.kubernetes.io/zone"}) {
		t.Errorf("spread over %v", keys)
	}
	worker := findWorker(t, listPods(renderObjects(t, listCases(t)["everything"]))).spec
	if c := worker.TopologySpreadConstraints; len(c) != 1 || c[0].TopologyKey != "rack" || worker.PriorityClassName != "background" ||
		len(worker.Tolerations) != 1 || worker.Affinity == nil || worker.NodeSelector["kubernetes.io/arch"] != "arm64" {
		t.Errorf("%+v", worker)
	}
}

func TestPodsOfCommandsGoWhereWorkersDoUnlessTheValuesSayOtherwise(t *testing.T) {
	worker := "worker: {nodeSelector: {kubernetes.io/arch: arm64}, tolerations: [{key: spot, operator: Exists}]}"
	for name, tc := range map[string]struct {
		values      values
		selector    map[string]string
		tolerations int
	}{
		"nothing is said":     {minimal(), nil, 0},
		"of workers":          {with(worker), map[string]string{"kubernetes.io/arch": "arm64"}, 1},
		"of commands":         {listCases(t)["everything"], map[string]string{"pool": "small"}, 0},
		"of nodes, for these": {with(worker + "\ncommands: {nodeSelector: {}}"), nil, 1},
	} {
		for _, p := range listPods(renderObjects(t, tc.values)) {
			if p.component() == "worker" {
				continue
			}
			if !maps.Equal(p.spec.NodeSelector, tc.selector) || len(p.spec.Tolerations) != tc.tolerations {
				t.Errorf("%s: %s goes to %v, in spite of %v", name, p.owner, p.spec.NodeSelector, p.spec.Tolerations)
			}
			if name == "of commands" && (p.annotations["sidecar.istio.io/inject"] != "false" || p.labels["network"] != "inside") {
				t.Errorf("%s has the annotations %v and the labels %v", p.owner, p.annotations, p.labels)
			}
		}
	}
}

// failsAtOnce reports whether a Job ends, without another try, when its pod ends with a code.
func failsAtOnce(spec batchv1.JobSpec, code int32) bool {
	if spec.PodFailurePolicy == nil || spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return false
	}
	for _, r := range spec.PodFailurePolicy.Rules {
		if c := r.OnExitCodes; c != nil && c.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && slices.Contains(c.Values, code) {
			return r.Action == batchv1.PodFailurePolicyActionFailJob
		}
	}
	return false
}

func TestAVerdictOfTheWatchIsNotAskedForAgain(t *testing.T) {
	c := findOne[*batchv1.CronJob](t, renderObjects(t, minimal())).Spec
	for _, code := range []int32{1, 2, 3} {
		if !failsAtOnce(c.JobTemplate.Spec, code) {
			t.Errorf("a watch that ends with %d is tried again", code)
		}
	}
	if c.Schedule != "*/5 * * * *" || c.ConcurrencyPolicy != batchv1.ForbidConcurrent || *c.JobTemplate.Spec.ActiveDeadlineSeconds >= 300 ||
		*c.StartingDeadlineSeconds < 10 || *c.JobTemplate.Spec.BackoffLimit > 1 || *c.FailedJobsHistoryLimit > 3 {
		t.Errorf("%+v", c)
	}
}

func TestSetupRunsBeforeTheScheduleIsApplied(t *testing.T) {
	job := findOne[*batchv1.Job](t, renderObjects(t, minimal()))
	spec := job.Spec.Template.Spec
	if len(spec.InitContainers) != 1 || !slices.Equal(spec.InitContainers[0].Args, []string{"setup"}) || !slices.Equal(spec.Containers[0].Args, []string{"schedule", "apply"}) {
		t.Errorf("%+v", spec)
	}
	if job.Annotations["helm.sh/hook"] != "post-install,post-upgrade,post-rollback" {
		t.Errorf("%v", job.Annotations)
	}
	if !failsAtOnce(job.Spec, 2) || failsAtOnce(job.Spec, 1) || *job.Spec.ActiveDeadlineSeconds >= 300 {
		t.Errorf("%+v", job.Spec)
	}
	cloud := findOne[*batchv1.Job](t, renderObjects(t, listCases(t)["cloud-api-key"]))
	if len(cloud.Spec.Template.Spec.InitContainers) != 0 {
		t.Error("search attributes are added though somebody else does it")
	}
}

func TestEveryCommandIsOneOfTheProduct(t *testing.T) {
	eachCase(t, func(t *testing.T, _ []runtime.Object, pods []pod) {
		for _, p := range pods {
			for _, c := range p.containers() {
				switch {
				case slices.Equal(c.Command, []string{"/usr/bin/defendersync-worker"}) && len(c.Args) == 0:
				case slices.Equal(c.Command, []string{"/usr/bin/defendersync"}):
					if _, err := os.Stat(root + "/starter/testdata/help/" + strings.Join(c.Args, "_") + ".golden"); err != nil {
						t.Errorf("%s runs %v, of which there is no help", p.owner, c.Args)
					}
				default:
					t.Errorf("%s runs %v %v", p.owner, c.Command, c.Args)
				}
			}
		}
	})
}

func TestEveryPodHasTheSameImage(t *testing.T) {
	for name, want := range map[string]string{
		"minimal":    "defendersync:" + loadChart(t).Metadata.AppVersion,
		"everything": "registry.contoso.com/saas/defendersync@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	} {
		for _, p := range listPods(renderObjects(t, listCases(t)[name])) {
			for _, c := range p.containers() {
				if c.Image != want {
					t.Errorf("%s has %s, not %s", p.owner, c.Image, want)
				}
			}
		}
	}
}
