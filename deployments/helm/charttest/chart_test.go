package charttest

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

const (
	root     = "../../.."
	chartDir = "../defendersync"
	examples = "../examples"

	release   = "sync"
	namespace = "saas"
)

// kubeVersions are the oldest version of Kubernetes that the chart allows, one in
// between, and the one whose API types it is decoded as.
var kubeVersions = []string{"v1.29.0", "v1.33.4", "v1.37.2"}

// values are values of the chart.
type values = map[string]any

// minimal are the least values that the chart takes.
func minimal() values {
	return readValues("settings: {DEFENDER_API_URL: https://contoso.eu2.portal.cloudappsecurity.com, OOMNITZA_URL: https://contoso.oomnitza.com, " +
		"INTEGRATION_DEFAULT_ROLE: 25, TEMPORAL_ADDRESS: \"temporal:7233\"}\nsecrets: {existingSecret: defendersync}")
}

// readValues parses values that are written in a test.
func readValues(text string) values {
	var v values
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

// with returns the minimal values with others laid over them.
func with(text string) values { return util.MergeTables(readValues(text), minimal()) }

// listCases returns the values that the chart is rendered with, by name: those of the
// examples, and some of the tests' own.
func listCases(t *testing.T) map[string]values {
	t.Helper()
	cases := map[string]values{"minimal": minimal()}
	for _, pattern := range []string{examples + "/*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v values
			if err := yaml.UnmarshalStrict(text, &v); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			cases[strings.TrimSuffix(filepath.Base(file), ".yaml")] = v
		}
	}
	return cases
}

// TestMain silences Helm, which tells of each symbolic link of the chart.
func TestMain(m *testing.M) {
	slog.SetLogLoggerLevel(slog.LevelWarn)
	m.Run()
}

// loadChart loads the chart as Helm does, once.
func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var loadOnce = sync.OnceValues(func() (*chart.Chart, error) { return loader.Load(chartDir) })

// renderFiles has Helm render the chart, and returns what came of each template.
func renderFiles(t *testing.T, v values, kubeVersion string) (map[string]string, error) {
	t.Helper()
	return renderRelease(t, release, v, kubeVersion)
}

// renderRelease has Helm render the chart for a release of a name.
func renderRelease(t *testing.T, release string, v values, kubeVersion string) (map[string]string, error) {
	t.Helper()
	capabilities := common.DefaultCapabilities.Copy()
	version, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		t.Fatal(err)
	}
	capabilities.KubeVersion = *version
	options := common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	rendered, err := util.ToRenderValues(loadChart(t), v, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(loadChart(t), rendered)
}

// manifest is one object as Helm would send it.
type manifest struct {
	name string // of the template
	text string
	hook bool
}

// renderManifests renders the chart and takes the result apart as Helm does.
func renderManifests(t *testing.T, v values, kubeVersion string) []manifest {
	t.Helper()
	files, err := renderFiles(t, v, kubeVersion)
	if err != nil {
		t.Fatal(err)
	}
	return sortManifests(t, files)
}

// sortManifests takes what was rendered apart as Helm does.
func sortManifests(t *testing.T, files map[string]string) []manifest {
	t.Helper()
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasSuffix(name, "NOTES.txt") })
	hooks, generic, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		t.Fatal(err)
	}
	var all []manifest
	for _, h := range hooks {
		all = append(all, manifest{h.Path, h.Manifest, true})
	}
	for _, m := range generic {
		all = append(all, manifest{m.Name, m.Content, false})
	}
	return all
}

func TestHelmFindsNothingToSayAboutTheChart(t *testing.T) {
	for name, v := range listCases(t) {
		t.Run(name, func(t *testing.T) {
			for _, version := range kubeVersions {
				parsed, err := common.ParseKubeVersion(version)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range lint.RunAll(chartDir, v, namespace, lint.WithKubeVersion(parsed)).Messages {
					if m.Severity > support.InfoSev {
						t.Errorf("%s: %v", version, m)
					}
				}
			}
		})
	}
}

func TestAnOlderKubernetesIsRefused(t *testing.T) {
	kube := loadChart(t).Metadata.KubeVersion
	if kube != ">=1.29.0-0" || kubeVersions[0] != "v1.29.0" {
		t.Errorf("the chart asks for %s, the tests begin with %s", kube, kubeVersions[0])
	}
}

func TestTheVersionIsTheProducts(t *testing.T) {
	text, err := os.ReadFile(root + "/VERSION")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(text))
	if m := loadChart(t).Metadata; m.Version != want || m.AppVersion != want {
		t.Errorf("Chart.yaml has version %s and appVersion %s, VERSION has %s", m.Version, m.AppVersion, want)
	}
}

func TestEveryTemplateIsRenderedBySomeCase(t *testing.T) {
	empty := map[string]bool{}
	for _, f := range loadChart(t).Templates {
		if !strings.HasPrefix(filepath.Base(f.Name), "_") {
			empty[f.Name] = true
		}
	}
	for _, v := range listCases(t) {
		files, err := renderFiles(t, v, kubeVersions[0])
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if strings.TrimSpace(text) != "" {
				delete(empty, strings.TrimPrefix(name, "defendersync/"))
			}
		}
	}
	if len(empty) > 0 {
		t.Errorf("no case renders %v", slices.Sorted(maps.Keys(empty)))
	}
}

func TestTheNotesTellTheNextSteps(t *testing.T) {
	for name, want := range map[string][]string{
		"minimal":           {"DEFENDER_API_KEY", "OOMNITZA_API_TOKEN", "secret generic defendersync", "helm test sync", "deploy/sync-defendersync", "cronjob/sync-defendersync-watch"},
		"cloud-api-key":     {"TEMPORAL_API_KEY", "PAYLOAD_ENCRYPTION_KEY", "search attributes"},
		"worker-controller": {"workerdeployment/sync-defendersync"},
	} {
		files, err := renderFiles(t, listCases(t)[name], kubeVersions[0])
		if err != nil {
			t.Fatal(err)
		}
		notes := files["defendersync/templates/NOTES.txt"]
		for _, text := range want {
			if !strings.Contains(notes, text) {
				t.Errorf("%s: %q is not in\n%s", name, text, notes)
			}
		}
	}
}
