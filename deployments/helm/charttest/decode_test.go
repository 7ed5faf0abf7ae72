package charttest

import (
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
)

// decoder decodes every kind that the chart has, and refuses fields that the kind does
// not have as well as those that are there twice.
var decoder = newDecoder()

func newDecoder() runtime.Decoder {
	types := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, monitoring.AddToScheme, addWorkerController} {
		if err := add(types); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer()
}

// decode decodes one object.
func decode(text string) (runtime.Object, *schema.GroupVersionKind, error) {
	return decoder.Decode([]byte(text), nil, nil)
}

// renderObjects renders the chart and decodes each object.
func renderObjects(t *testing.T, v values) []runtime.Object {
	t.Helper()
	return decodeAll(t, renderManifests(t, v, kubeVersions[len(kubeVersions)-1]))
}

// decodeAll decodes objects.
func decodeAll(t *testing.T, manifests []manifest) []runtime.Object {
	t.Helper()
	var all []runtime.Object
	for _, m := range manifests {
		o, _, err := decode(m.text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", m.name, err, m.text)
		}
		all = append(all, o)
	}
	return all
}

func TestEveryObjectIsOneOfKubernetes(t *testing.T) {
	for name, v := range listCases(t) {
		t.Run(name, func(t *testing.T) {
			for _, version := range kubeVersions {
				seen := map[string]bool{}
				for _, m := range renderManifests(t, v, version) {
					_, kind, err := decode(m.text)
					if err != nil {
						t.Errorf("%s on %s: %v\n%s", m.name, version, err, m.text)
						continue
					}
					seen[kind.Kind] = true
				}
				if len(seen) < 3 {
					t.Errorf("on %s, only %v are rendered", version, seen)
				}
			}
		})
	}
}

// slips are mistakes in an object that Kubernetes would ignore or refuse.
var slips = []struct{ kind, right, wrong string }{
	{"Deployment", "replicas:", "replica:"},
	{"Deployment", "readinessProbe:", "readynessProbe:"},
	{"Deployment", "failureThreshold: 6", "failureTreshold: 6"},
	{"Deployment", "path: /readyz, port: health", "path: /readyz, port: health, path: /healthz"},
	{"Deployment", "readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"},
	{"Deployment", "maxSurge: 1", "maxSurge: 1\n      maxSurge: 1"},
	{"Deployment", "terminationGracePeriodSeconds: 75", "terminationGracePeriodSeconds: 75s"},
	{"CronJob", "concurrencyPolicy:", "concurencyPolicy:"},
	{"Job", "podFailurePolicy:", "failurePolicy:"},
	{"PodDisruptionBudget", "maxUnavailable:", "maxUnavailible:"},
	{"NetworkPolicy", "policyTypes:", "policyType:"},
	{"Pod", "enableServiceLinks:", "serviceLinks:"},
	{"ConfigMap", "data:", "daten:"},
	{"Service", "targetPort:", "target:"},
	{"ServiceAccount", "automountServiceAccountToken:", "automountToken:"},
	{"ServiceMonitor", "interval:", "intervall:"},
	{"PrometheusRule", "groups:", "group:"},
	{"PrometheusRule", "annotations:", "anotations:"},
	{"WorkerDeployment", "scaledownDelay:", "scaleDownDelay:"},
	{"WorkerDeployment", "readinessProbe:", "readynessProbe:"},
	{"WorkerDeployment", "temporalNamespace:", "temporalNamespace: twice\n    temporalNamespace:"},
	{"Connection", "hostPort:", "hostport:"},
}

func TestASlipInAnyKindIsRefused(t *testing.T) {
	texts := map[string]string{}
	for _, name := range []string{"minimal", "everything", "worker-controller"} {
		for _, m := range renderManifests(t, listCases(t)[name], kubeVersions[0]) {
			_, kind, err := decode(m.text)
			if err != nil {
				t.Fatal(err)
			}
			texts[kind.Kind] = m.text
		}
	}
	tried := map[string]bool{}
	for _, s := range slips {
		text := texts[s.kind]
		changed := strings.Replace(text, s.right, s.wrong, 1)
		if changed == text {
			t.Errorf("no %s has %q", s.kind, s.right)
			continue
		}
		if _, _, err := decode(changed); err == nil {
			t.Errorf("a %s with %q in place of %q is taken", s.kind, s.wrong, s.right)
		}
		tried[s.kind] = true
	}
	for kind := range texts {
		if !tried[kind] {
			t.Errorf("no slip is tried in a %s", kind)
		}
	}
}
