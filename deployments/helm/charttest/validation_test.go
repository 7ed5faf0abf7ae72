package charttest

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podwarnings "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corev1conversion "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"

	corev1 "k8s.io/api/core/v1"
)

// validate does to an object what Kubernetes' API server does before it keeps it: it
// fills in the defaults and runs the server's own validation. Custom resources are none
// of its kinds; known tells.
func validate(text string) (problems field.ErrorList, known bool, err error) {
	o, _, err := legacyscheme.Codecs.UniversalDecoder().Decode([]byte(text), nil, nil)
	if runtime.IsNotRegisteredError(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	m, err := meta.Accessor(o)
	if err != nil {
		return nil, true, err
	}
	m.SetNamespace(namespace)
	problems, err = validateKind(o)
	return problems, true, err
}

// validateKind runs the validation of the object's kind.
func validateKind(o runtime.Object) (field.ErrorList, error) {
	none := corevalidation.PodValidationOptions{}
	switch o := o.(type) {
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o), nil
	case *core.Service:
		o.Spec.ClusterIPs = []string{o.Spec.ClusterIP} // the server's own doing
		return corevalidation.ValidateServiceCreate(o), nil
	case *core.Pod:
		return corevalidation.ValidatePodCreate(o, none), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o, none), nil
	case *batch.CronJob:
		return batchvalidation.ValidateCronJobCreate(o, none), nil
	case *batch.Job:
		o.Spec.Selector = &metav1.LabelSelector{MatchLabels: o.Spec.Template.Labels} // the server's own doing
		return batchvalidation.ValidateJobSpec(&o.Spec, nil, field.NewPath("spec"), none), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	}
	return nil, fmt.Errorf("there is no validation of %T here", o)
}

func TestTheAPIServersValidationTakesEveryObject(t *testing.T) {
	for name, v := range listCases(t) {
		t.Run(name, func(t *testing.T) {
			seen := 0
			for _, m := range renderManifests(t, v, kubeVersions[len(kubeVersions)-1]) {
				problems, known, err := validate(m.text)
				if err != nil || len(problems) > 0 {
					t.Errorf("%s: %v%v\n%s", m.name, err, problems.ToAggregate(), m.text)
				}
				if known {
					seen++
				}
			}
			if seen < 3 {
				t.Errorf("only %d objects were validated", seen)
			}
		})
	}
}

// TestEveryPodIsOneThatTheAPIServerTakes validates the pods that controllers make of the
// templates, those of custom resources included.
func TestEveryPodIsOneThatTheAPIServerTakes(t *testing.T) {
	eachCase(t, func(t *testing.T, _ []runtime.Object, pods []pod) {
		for _, p := range pods {
			given := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: namespace, Labels: p.labels, Annotations: p.annotations}, Spec: *p.spec.DeepCopy()}
			legacyscheme.Scheme.Default(given)
			var made core.Pod
			if err := corev1conversion.Convert_v1_Pod_To_core_Pod(given, &made, nil); err != nil {
				t.Fatal(err)
			}
			if problems := corevalidation.ValidatePodCreate(&made, corevalidation.PodValidationOptions{}); len(problems) > 0 {
				t.Errorf("%s: %v", p.owner, problems.ToAggregate())
			}
			if w := podwarnings.GetWarningsForPod(t.Context(), &made, nil); len(w) > 0 {
				t.Errorf("%s: the server warns: %v", p.owner, w)
			}
		}
	})
}

// faults are mistakes that have the right shape, and that the API server refuses.
var faults = []struct{ kind, right, wrong, says string }{
	{"Deployment", "component: worker\n  # A new", "component: workers\n  # A new", "selector"},
	{"Deployment", "name: tmp\n              mountPath", "name: temp\n              mountPath", "volumeMounts"},
	{"Deployment", "maxSurge: 1", "maxSurge: 0", "maxUnavailable"},
	{"Deployment", "path: /readyz, port: health", "path: /readyz, port: 70000", "port"},
	{"Deployment", "containerPort: 18081", "containerPort: 0", "containerPort"},
	{"Deployment", "path: secrets/SMTP_PASSWORD", "path: ../SMTP_PASSWORD", "path"},
	{"Deployment", "name: WORKER_STOP_TIMEOUT", "name: \"WORKER=STOP\"", "env"},
	{"CronJob", "*/10 * * * *", "*/10 * * *", "schedule"},
	{"CronJob", "restartPolicy: Never", "restartPolicy: OnFailure", "restartPolicy"},
	{"CronJob", "containerName: watch", "containerName: look", "containerName"},
	{"CronJob", "concurrencyPolicy: Forbid", "concurrencyPolicy: Forbidden", "concurrencyPolicy"},
	{"Job", "name: search-attributes", "name: schedule", "name"},
	{"Job", "backoffLimit: 3", "backoffLimit: -1", "backoffLimit"},
	{"PodDisruptionBudget", "unhealthyPodEvictionPolicy: AlwaysAllow", "unhealthyPodEvictionPolicy: Always", "unhealthyPodEvictionPolicy"},
	{"NetworkPolicy", "port: 53", "port: 99999", "port"},
	{"NetworkPolicy", "cidr: 192.0.2.1/32", "cidr: 192.0.2.1", "cidr"},
	{"Service", "clusterIP: None", "clusterIP: Nobody", "clusterIP"},
	{"ConfigMap", "LOG_LEVEL:", "\"LOG LEVEL\":", "data"},
}

func TestTheAPIServersValidationRefusesFaults(t *testing.T) {
	texts := map[string][]string{}
	for _, m := range renderManifests(t, listCases(t)["everything"], kubeVersions[0]) {
		_, kind, err := decode(m.text)
		if err != nil {
			t.Fatal(err)
		}
		texts[kind.Kind] = append(texts[kind.Kind], m.text)
	}
	for _, f := range faults {
		tried := false
		for _, text := range texts[f.kind] {
			changed := strings.Replace(text, f.right, f.wrong, 1)
			if changed == text {
				continue
			}
			tried = true
			problems, _, err := validate(changed)
			if err != nil {
				t.Errorf("a %s with %q: %v", f.kind, f.wrong, err)
			} else if len(problems) == 0 || !strings.Contains(problems.ToAggregate().Error(), f.says) {
				t.Errorf("a %s with %q in place of %q: %v", f.kind, f.wrong, f.right, problems.ToAggregate())
			}
		}
		if !tried {
			t.Errorf("no %s has %q", f.kind, f.right)
		}
	}
}
