package charttest

import (
	"os"
	"reflect"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const alerts = root + "/deployments/prometheus/alerts.yaml"

func TestTheRulesAreThoseOfPrometheus(t *testing.T) {
	text, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := yaml.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	rule := findOne[*monitoring.PrometheusRule](t, renderObjects(t, listCases(t)["everything"]))
	text, err = yaml.Marshal(rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || len(rule.Spec.Groups) == 0 || len(rule.Spec.Groups[0].Rules) < 5 {
		t.Errorf("the PrometheusRule is not %s:\n%s", alerts, text)
	}
}

func TestTheAlertsLinkToWhereTheRunbooksAre(t *testing.T) {
	rule := findOne[*monitoring.PrometheusRule](t, renderObjects(t, with("metrics: {prometheusRule: {enabled: true, runbooks: 'https://git.contoso.com/sync/'}}")))
	for _, r := range rule.Spec.Groups[0].Rules {
		if url := r.Annotations["runbook_url"]; !strings.HasPrefix(url, "https://git.contoso.com/sync/docs/operations.md#") {
			t.Errorf("%s links to %q", r.Alert, url)
		}
	}
}

func TestTheDashboardIsGrafanas(t *testing.T) {
	want, err := os.ReadFile(root + "/deployments/grafana/defendersync.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range find[*corev1.ConfigMap](renderObjects(t, listCases(t)["everything"])) {
		if got, ok := m.Data["defendersync.json"]; ok {
			if got != string(want) || len(want) < 1000 || m.Labels["grafana_dashboard"] != "1" {
				t.Errorf("the dashboard of %d bytes is not Grafana's of %d, or has no label for it: %v", len(got), len(want), m.Labels)
			}
			return
		}
	}
	t.Error("there is no dashboard")
}

// TestThePackagedChartIsComplete packs the chart as a release does, and renders what is
// in the archive: it has the files that are links in the source.
func TestThePackagedChartIsComplete(t *testing.T) {
	file, err := chartutil.Save(loadChart(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	packed, err := loader.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, f := range packed.Files {
		sizes[f.Name] = len(f.Data)
	}
	for _, name := range []string{"files/alerts.yaml", "files/dashboard.json", "README.md"} {
		if sizes[name] < 1000 {
			t.Errorf("%s has %d bytes in the archive", name, sizes[name])
		}
	}
}
