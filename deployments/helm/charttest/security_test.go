package charttest

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// judge returns why a pod does not keep to the restricted profile; "" if it does.
func judge(t *testing.T, spec corev1.PodSpec) string {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &metav1.ObjectMeta{}, &spec))
	if result.Allowed {
		return ""
	}
	return result.ForbiddenDetail()
}

func TestEveryPodKeepsToTheRestrictedProfile(t *testing.T) {
	eachCase(t, func(t *testing.T, _ []runtime.Object, pods []pod) {
		for _, p := range pods {
			if why := judge(t, p.spec); why != "" {
				t.Errorf("%s: %s", p.owner, why)
			}
		}
	})
}

func TestTheProfileIsReallyJudged(t *testing.T) {
	for what, loosen := range map[string]func(*corev1.PodSpec){
		"runs as root": func(s *corev1.PodSpec) { s.SecurityContext.RunAsUser = new(int64(0)) },
		"no seccomp":   func(s *corev1.PodSpec) { s.SecurityContext.SeccompProfile = nil },
		"may gain":     func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
		"has rights":   func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.Capabilities = nil },
		"node's folder": func(s *corev1.PodSpec) {
			s.Volumes[0].EmptyDir, s.Volumes[0].HostPath = nil, &corev1.HostPathVolumeSource{}
		},
	} {
		spec := findWorker(t, listPods(renderObjects(t, minimal()))).spec
		loosen(&spec)
		if judge(t, spec) == "" {
			t.Errorf("a worker that %s is taken for restricted", what)
		}
	}
}

func TestPodsAreAsClosedAsTheyCanBe(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		for _, p := range pods {
			if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
				t.Errorf("%s gets a token of the Kubernetes API", p.owner)
			}
			if p.spec.EnableServiceLinks == nil || *p.spec.EnableServiceLinks {
				t.Errorf("%s gets variables of services, which may be taken for settings", p.owner)
			}
			if p.spec.HostNetwork || p.spec.HostPID || p.spec.HostIPC {
				t.Errorf("%s sees its node", p.owner)
			}
			for _, c := range p.containers() {
				if s := c.SecurityContext; s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
					t.Errorf("%s may write to its image", p.owner)
				}
				if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
					t.Errorf("%s has no bounds: %v", p.owner, c.Resources)
				}
			}
		}
		for _, a := range find[*corev1.ServiceAccount](objects) {
			if a.AutomountServiceAccountToken == nil || *a.AutomountServiceAccountToken {
				t.Error("the account hands out tokens")
			}
		}
	})
}

func TestTheUserIsTheImagesUnlessThePlatformChooses(t *testing.T) {
	for name, want := range map[string]*int64{"minimal": new(int64(65532)), "everything": nil} {
		for _, p := range listPods(renderObjects(t, listCases(t)[name])) {
			for what, got := range map[string]*int64{"user": p.spec.SecurityContext.RunAsUser, "group": p.spec.SecurityContext.RunAsGroup, "files' group": p.spec.SecurityContext.FSGroup} {
				if (got == nil) != (want == nil) || got != nil && *got != *want {
					t.Errorf("%s: the %s of %s is %v", name, what, p.owner, got)
				}
			}
		}
	}
}
