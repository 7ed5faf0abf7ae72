package charttest

import (
	"maps"
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// selected lists the components of the pods that a selector selects.
func selected(t *testing.T, selector *metav1.LabelSelector, pods []pod) []string {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range pods {
		if s.Matches(labels.Set(p.labels)) {
			found[p.component()] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestSelectorsSelectTheWorkersAndNothingElse(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		selectors := map[string]*metav1.LabelSelector{}
		for _, d := range find[*appsv1.Deployment](objects) {
			selectors[name(d)] = d.Spec.Selector
		}
		for _, b := range find[*policyv1.PodDisruptionBudget](objects) {
			selectors[name(b)] = b.Spec.Selector
		}
		for _, s := range find[*corev1.Service](objects) {
			selectors[name(s)] = &metav1.LabelSelector{MatchLabels: s.Spec.Selector}
		}
		for _, c := range findWorker(t, pods).spec.TopologySpreadConstraints {
			if c.LabelSelector != nil {
				selectors["spread over "+c.TopologyKey] = c.LabelSelector
			}
		}
		for what, selector := range selectors {
			if got := selected(t, selector, pods); !slices.Equal(got, []string{"worker"}) {
				t.Errorf("%s selects %v", what, got)
			}
		}
		if len(selectors) == 0 && len(find[*workerDeployment](objects)) == 0 {
			t.Error("there is no selector")
		}
	})
}

func TestSelectorsStayTheSameOverVersions(t *testing.T) {
	d := findOne[*appsv1.Deployment](t, renderObjects(t, minimal()))
	for key := range d.Spec.Selector.MatchLabels {
		if key == "app.kubernetes.io/version" || key == "helm.sh/chart" {
			t.Errorf("%s changes with each version, and a Deployment's selector can't be changed", key)
		}
	}
}

func TestEachPodIsUnderOneNetworkPolicy(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		policies := find[*networkingv1.NetworkPolicy](objects)
		if len(policies) == 0 {
			return // switched off
		}
		for _, p := range pods {
			var under []string
			for _, policy := range policies {
				if len(selected(t, &policy.Spec.PodSelector, []pod{p})) > 0 {
					under = append(under, name(policy))
				}
			}
			if len(under) != 1 {
				t.Errorf("%s is under %v", p.owner, under)
			}
		}
	})
}

// TestReleasesInOneNamespaceAreStrangers renders two integrations, as the example of a
// second one has it.
func TestReleasesInOneNamespaceAreStrangers(t *testing.T) {
	render := func(release string, v values) []runtime.Object {
		files, err := renderRelease(t, release, v, kubeVersions[0])
		if err != nil {
			t.Fatal(err)
		}
		return decodeAll(t, sortManifests(t, files))
	}
	first, second := render("sync", listCases(t)["self-hosted"]), render("subsidiary", listCases(t)["second-integration"])
	taken := map[string]bool{}
	for _, o := range first {
		taken[name(o)] = true
	}
	for _, o := range second {
		if taken[name(o)] {
			t.Errorf("both releases have %s", name(o))
		}
	}
	for _, policy := range find[*networkingv1.NetworkPolicy](second) {
		if got := selected(t, &policy.Spec.PodSelector, listPods(first)); len(got) > 0 {
			t.Errorf("%s selects %v of the other release", name(policy), got)
		}
	}
	if got := selected(t, findOne[*appsv1.Deployment](t, second).Spec.Selector, listPods(first)); len(got) > 0 {
		t.Errorf("the Deployment takes %v of the other release for its own", got)
	}
	integration := func(objects []runtime.Object) string {
		return listEnv(t, objects, findWorker(t, listPods(objects)).spec.Containers[0])["INTEGRATION_NAME"]
	}
	if integration(first) == integration(second) {
		t.Errorf("both are the integration %q", integration(first))
	}
}

func TestTheServiceMonitorFindsTheService(t *testing.T) {
	objects := renderObjects(t, listCases(t)["everything"])
	monitor := findOne[*monitoring.ServiceMonitor](t, objects)
	service := findOne[*corev1.Service](t, objects)
	s, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Matches(labels.Set(service.Labels)) {
		t.Errorf("%v does not select %v", monitor.Spec.Selector, service.Labels)
	}
	if service.Labels[monitor.Spec.JobLabel] == "" {
		t.Errorf("the Service has no label %s for the job", monitor.Spec.JobLabel)
	}
	if e := monitor.Spec.Endpoints; len(e) != 1 || e[0].Port != service.Spec.Ports[0].Name || e[0].Path != "/metrics" {
		t.Errorf("%+v is not a port of the Service", e)
	}
}

// findRule returns the rule by which a policy lets its pods reach a port; nil if none does.
func findRule(policy *networkingv1.NetworkPolicy, protocol corev1.Protocol, port int32) *networkingv1.NetworkPolicyEgressRule {
	for i, rule := range policy.Spec.Egress {
		for _, p := range rule.Ports {
			if p.Port != nil && p.Port.IntVal == port && *p.Protocol == protocol {
				return &policy.Spec.Egress[i]
			}
		}
	}
	return nil
}

// allowed reports whether a policy lets its pods reach a port by TCP.
func allowed(policy *networkingv1.NetworkPolicy, port int32) bool {
	return findRule(policy, corev1.ProtocolTCP, port) != nil
}

func TestNamesCanBeAskedForAnywhereAndTemporalWhereTheValuesSay(t *testing.T) {
	for _, policy := range find[*networkingv1.NetworkPolicy](renderObjects(t, listCases(t)["everything"])) {
		for _, port := range []int32{53, 5353} { // the second is OpenShift's
			if names := findRule(policy, corev1.ProtocolUDP, port); names == nil || len(names.To) > 0 {
				t.Errorf("%s: names at port %d by %+v", policy.Name, port, names)
			}
		}
		if temporal := findRule(policy, corev1.ProtocolTCP, 7233); temporal == nil || len(temporal.To) != 1 || temporal.To[0].IPBlock == nil || temporal.To[0].IPBlock.CIDR != "2001:db8::/64" {
			t.Errorf("%s: Temporal by %+v", policy.Name, temporal)
		}
	}
}

func TestEveryPeerOfTheSettingsCanBeReached(t *testing.T) {
	for name, ports := range map[string][]int32{
		"minimal":       {53, 7233, 443},
		"everything":    {53, 7233, 443, 8443, 3128, 465, 4318, 8080},
		"cloud-api-key": {53, 7233, 443},
		"cloud-mtls":    {53, 7233, 443, 587},
	} {
		for _, policy := range find[*networkingv1.NetworkPolicy](renderObjects(t, listCases(t)[name])) {
			for _, port := range ports {
				if !allowed(policy, port) {
					t.Errorf("%s: %s lets nobody reach port %d", name, policy.Name, port)
				}
			}
			if allowed(policy, 22) || (name == "minimal" && allowed(policy, 587)) {
				t.Errorf("%s: %s lets pods reach what no setting names", name, policy.Name)
			}
			if !slices.Equal(policy.Spec.PolicyTypes, []networkingv1.PolicyType{"Ingress", "Egress"}) {
				t.Errorf("%s: %s is about %v", name, policy.Name, policy.Spec.PolicyTypes)
			}
			for _, rule := range policy.Spec.Egress {
				if len(rule.Ports) == 0 {
					t.Errorf("%s: a rule of %s allows every port", name, policy.Name)
				}
			}
		}
	}
}

func TestAProxyOfTheSettingsCanBeReachedWithoutAScheme(t *testing.T) {
	for value, port := range map[string]int32{"proxy.contoso.com:3128": 3128, "http://proxy.contoso.com": 80, "proxy.contoso.com": 80, "socks5://proxy.contoso.com": 1080} {
		for _, policy := range find[*networkingv1.NetworkPolicy](renderObjects(t, with("settings: {HTTPS_PROXY: '"+value+"'}"))) {
			if !allowed(policy, port) {
				t.Errorf("%s: %s lets nobody reach port %d", value, policy.Name, port)
			}
		}
	}
}
