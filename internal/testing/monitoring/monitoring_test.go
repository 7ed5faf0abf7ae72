package monitoring

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"defendersync/internal/metrics"
)

// section returns a section of docs/operations.md, from its heading to the next of the
// same level.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := readFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut("\n"+string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/operations.md has no section %s", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

func alerts(t *testing.T) []Alert {
	t.Helper()
	out, err := ReadAlerts()
	if err != nil || len(out) < 10 {
		t.Fatalf("%d alerts: %v", len(out), err)
	}
	return out
}

func panels(t *testing.T) []Panel {
	t.Helper()
	out, err := ReadPanels()
	if err != nil || len(out) < 20 {
		t.Fatalf("%d panels: %v", len(out), err)
	}
	return out
}

// TestTheTableOfMetricsIsTheCatalogue compares docs/operations.md with the source.
func TestTheTableOfMetricsIsTheCatalogue(t *testing.T) {
	var want, got []string
	for _, f := range metrics.ListFamilies() {
		labels := ""
		for i, l := range f.Labels {
			if i > 0 {
				labels += ", "
			}
			labels += "`" + l + "`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s | %s |", f.Name, f.Kind, f.Scope, labels, f.Help))
	}
	text := section(t, "Metrics")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "| `defendersync_") {
			got = append(got, line)
		}
	}
	if len(want) < 25 || !slices.Equal(got, want) {
		t.Errorf("the table under Metrics of docs/operations.md has to be:\n%s", strings.Join(want, "\n"))
	}
	for _, f := range metrics.ListFamilies() {
		for _, l := range f.Labels {
			if l != "version" && l != "revision" && l != "goversion" && !regexp.MustCompile("(?m)^\\| [^|]*`"+l+"`").MatchString(text) {
				t.Errorf("the table of labels has nothing about %s of %s", l, f.Name)
			}
		}
	}
}

// TestEveryAlertHasItsParagraphAndItsWords: an alert says what is wrong and what to do,
// and leads to a paragraph of its own.
func TestEveryAlertHasItsParagraphAndItsWords(t *testing.T) {
	text := section(t, "Alerts")
	var told []string
	for _, m := range regexp.MustCompile(`(?m)^### (\w+)\n\n(\S[^\n]{20,})`).FindAllStringSubmatch(text, -1) {
		told = append(told, m[1])
	}
	var names []string
	for _, a := range alerts(t) {
		names = append(names, a.Name)
		if want := "docs/operations.md#" + strings.ToLower(a.Name); a.Annotations["runbook_url"] != want {
			t.Errorf("%s leads to %q, not %s", a.Name, a.Annotations["runbook_url"], want)
		}
		if len(a.Annotations["summary"]) < 20 || len(a.Annotations["description"]) < 20 || !slices.Contains([]string{"info", "warning", "critical"}, a.Labels["severity"]) {
			t.Errorf("%s lacks a summary, what to do, or a severity: %+v", a.Name, a)
		}
	}
	if !slices.Equal(names, told) {
		t.Errorf("the rules are\n%v\nand the paragraphs under Alerts are of\n%v", names, told)
	}
}

// TestEveryAlertIsTestedToFireAndNotToFire looks into alerts_test.yaml.
func TestEveryAlertIsTestedToFireAndNotToFire(t *testing.T) {
	text, err := readFile("deployments/prometheus/alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tests []struct {
			Checks []struct {
				Name   string `yaml:"alertname"`
				Alerts []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Checks {
			if len(c.Alerts) > 0 {
				fires[c.Name] = true
			} else {
				silent[c.Name] = true
			}
		}
	}
	for _, a := range alerts(t) {
		if !fires[a.Name] || !silent[a.Name] {
			t.Errorf("%s: tested to fire: %v, not to fire: %v", a.Name, fires[a.Name], silent[a.Name])
		}
	}
}

// ours finds the metrics of ours in an expression.
var ours = regexp.MustCompile(`defendersync_\w+`)

// TestExpressionsNameMetricsThatExist: of rules and panels; and no metric is told in vain.
func TestExpressionsNameMetricsThatExist(t *testing.T) {
	known, used := map[string]bool{}, map[string]bool{}
	for _, f := range metrics.ListFamilies() {
		known[f.Name] = true
		if f.Kind == metrics.KindHistogram {
			known[f.Name+"_bucket"] = true
		}
	}
	look := func(where, expr string) {
		for _, name := range ours.FindAllString(expr, -1) {
			used[strings.TrimSuffix(name, "_bucket")] = true
			if !known[name] {
				t.Errorf("%s asks for %s, which nobody tells", where, name)
			}
		}
	}
	for _, a := range alerts(t) {
		look(a.Name, a.Expr)
	}
	for _, p := range panels(t) {
		if p.Title == "" || p.Description == "" {
			t.Errorf("the panel %q lacks a title or a description", p.Title)
		}
		for _, q := range p.Queries {
			look("the panel "+p.Title, q)
		}
	}
	unused := map[string]bool{"defendersync_last_session_end_timestamp_seconds": true, "defendersync_budget_window_seconds": true}
	for _, f := range metrics.ListFamilies() {
		if !used[f.Name] && !unused[f.Name] {
			t.Errorf("no alert and no panel uses %s", f.Name)
		}
	}
}

// promtool runs Prometheus's own tool on a file of deployments/prometheus.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	folder, err := FindFile("deployments/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir = filepath.Clean(folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPrometheusTakesTheRulesAndTheConfiguration(t *testing.T) {
	promtool(t, "check", "rules", "--lint-fatal", "alerts.yaml")
	promtool(t, "check", "config", "--lint-fatal", "prometheus.yaml")
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	promtool(t, "test", "rules", "alerts_test.yaml")
}
