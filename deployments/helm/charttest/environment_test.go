package charttest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"defendersync/internal/config"
)

// mountPoint is where a pod finds its secrets and files.
const mountPoint = "/etc/defendersync"

// listFiles lists the files of a pod's volume, relative to its mount point, with the
// name of the Secret or ConfigMap and the key of each.
func listFiles(p pod) map[string]string {
	files := map[string]string{}
	for _, v := range p.spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			from, items := "", []corev1.KeyToPath(nil)
			if s.Secret != nil {
				from, items = "secret "+s.Secret.Name, s.Secret.Items
			} else if s.ConfigMap != nil {
				from, items = "configMap "+s.ConfigMap.Name, s.ConfigMap.Items
			}
			for _, i := range items {
				files[i.Path] = from + " " + i.Key
			}
		}
	}
	return files
}

// listEnv lists the environment of a container, as the kubelet would make it. A variable
// that comes from a Secret has its name and key for a value.
func listEnv(t *testing.T, objects []runtime.Object, c corev1.Container) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		for _, m := range find[*corev1.ConfigMap](objects) {
			if m.Name == from.ConfigMapRef.Name {
				for name, value := range m.Data {
					env[name] = value
				}
			}
		}
	}
	if len(env) == 0 {
		t.Fatalf("%s gets no settings", c.Name)
	}
	for _, e := range c.Env {
		env[e.Name] = e.Value
		if e.ValueFrom != nil {
			ref := e.ValueFrom.SecretKeyRef
			env[e.Name] = "http://" + ref.Name + ".example/" + ref.Key
		}
	}
	return env
}

func TestEveryVariableIsASettingOfTheProduct(t *testing.T) {
	known := map[string]bool{"HOME": true}
	for name := range standard {
		known[name] = true
	}
	for _, v := range config.ListVariables() {
		known[v.Name], known[v.FileVariable()] = true, true
	}
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		for _, p := range pods {
			for _, c := range p.containers() {
				for name := range listEnv(t, objects, c) {
					if !known[name] {
						t.Errorf("%s has %s, which is no setting", p.owner, name)
					}
				}
			}
		}
	})
}

// placeholder is what a file of a test holds.
func placeholder(path string) string {
	if strings.HasSuffix(path, "PAYLOAD_ENCRYPTION_KEY") {
		return "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	}
	if strings.HasSuffix(path, "HEADERS") {
		return "api-key=9f86d081884c7d65"
	}
	return "https://example.com/9f86d081884c7d65"
}

// TestTheProductTakesTheEnvironment gives the product what the kubelet would give it.
func TestTheProductTakesTheEnvironment(t *testing.T) {
	needs := map[string]config.Need{"worker": config.NeedTenants, "check": config.NeedTenants | config.NeedIntegration, "setup": config.NeedIntegration, "watch": config.NeedIntegration}
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		for _, p := range pods {
			folder := t.TempDir()
			for path := range listFiles(p) {
				path = filepath.Join(folder, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(placeholder(path)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range p.containers() {
				var environ []string
				for name, value := range listEnv(t, objects, c) {
					if rest, ok := strings.CutPrefix(value, mountPoint+"/"); ok {
						value = filepath.Join(folder, rest)
						if _, err := os.Stat(value); err != nil {
							t.Errorf("%s: %s names a file that is not mounted: %v", p.owner, name, err)
						}
					}
					environ = append(environ, name+"="+value)
				}
				if _, err := config.Load(t.Context(), environ, needs[p.component()]); err != nil {
					t.Errorf("%s, container %s: %v", p.owner, c.Name, err)
				}
			}
		}
	})
}

func TestSecretsAreFilesAndNothingElse(t *testing.T) {
	secret := map[string]bool{}
	for _, v := range config.ListVariables() {
		if v.Secret {
			secret[v.Name] = true
		}
	}
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		if len(find[*corev1.Secret](objects)) > 0 {
			t.Error("the chart makes a Secret")
		}
		for _, m := range find[*corev1.ConfigMap](objects) {
			for name := range m.Data {
				if secret[name] || slices.Contains(chartOwned, name) {
					t.Errorf("%s is in a ConfigMap", name)
				}
			}
		}
		for _, p := range pods {
			for _, c := range p.containers() {
				for _, e := range c.Env {
					if secret[e.Name] {
						t.Errorf("%s has %s for a variable", p.owner, e.Name)
					}
				}
			}
			files := listFiles(p)
			for path := range files {
				if name := strings.TrimPrefix(path, "secrets/"); name != path && !secret[name] {
					t.Errorf("%s has the secret %s, which is none", p.owner, name)
				}
			}
			if len(files) > 0 && *p.spec.Volumes[1].Projected.DefaultMode != 0o440 {
				t.Errorf("the secrets of %s have the mode %o", p.owner, *p.spec.Volumes[1].Projected.DefaultMode)
			}
		}
	})
}

func TestSecretsComeFromWhereTheValuesSay(t *testing.T) {
	files := listFiles(findWorker(t, listPods(renderObjects(t, listCases(t)["everything"]))))
	for path, want := range map[string]string{
		"secrets/DEFENDER_API_KEY":               "secret defender token",
		"secrets/OOMNITZA_API_TOKEN":             "secret defendersync OOMNITZA_API_TOKEN",
		"secrets/SMTP_PASSWORD":                  "secret defendersync mail",
		"secrets/PAYLOAD_ENCRYPTION_KEY":         "secret keys PAYLOAD_ENCRYPTION_KEY",
		"files/DEFENDER_CA_FILE":                 "configMap company-ca ca.crt",
		"files/TEMPORAL_TLS_SERVER_CA_CERT_PATH": "secret temporal-ca ca.crt",
	} {
		if files[path] != want {
			t.Errorf("%s comes from %q, not %q", path, files[path], want)
		}
	}
}

func TestCommandsGetNoTokenOfTheTenants(t *testing.T) {
	eachCase(t, func(t *testing.T, objects []runtime.Object, pods []pod) {
		for _, p := range pods {
			_, defender := listFiles(p)["secrets/DEFENDER_API_KEY"]
			_, oomnitza := listFiles(p)["secrets/OOMNITZA_API_TOKEN"]
			needs := p.component() == "worker" || p.component() == "check"
			if defender != needs || oomnitza != needs {
				t.Errorf("%s: Defender's token %v, Oomnitza's %v", p.owner, defender, oomnitza)
			}
		}
	})
}

func TestSettingsArriveAsTheyWereGiven(t *testing.T) {
	objects := renderObjects(t, listCases(t)["everything"])
	env := listEnv(t, objects, findWorker(t, listPods(objects)).spec.Containers[0])
	for name, want := range map[string]string{
		"INTEGRATION_DEFAULT_ROLE":    "12345678",
		"INTEGRATION_RESTRICT_ACCESS": "true",
		"INTEGRATION_USERNAME_FORMAT": "{{ .Local }}@contoso.com",
		"INTEGRATION_EXCLUDE_USERS":   "/^x{1,2}$/,*-test@contoso.com",
		"INTEGRATION_CONTACTS":        `"Desk, IT" <it@contoso.com>`,
		"DEFENDER_STREAMS":            `"Proxy, Berlin",Global View`,
		"SMTP_PORT":                   "465",
		"TEMPORAL_TLS":                "true",
		"HEALTH_ADDRESS":              ":18081",
		"METRICS_ADDRESS":             ":19464",
		"WORKER_STOP_TIMEOUT":         "60s",
	} {
		if env[name] != want {
			t.Errorf("%s is %q, not %q", name, env[name], want)
		}
	}
	if _, ok := env["INTEGRATION_USER"]; ok {
		t.Error("an empty setting is set")
	}
}

func TestAChangedSettingStartsNewWorkers(t *testing.T) {
	sum := func(v values) string {
		return findWorker(t, listPods(renderObjects(t, v))).annotations["checksum/settings"]
	}
	before := sum(minimal())
	if before == "" || before != sum(with("worker: {replicas: 5}")) {
		t.Error("workers start anew though no setting changed")
	}
	if before == sum(with("settings: {INTEGRATION_DEFAULT_ROLE: 26}")) {
		t.Error("workers go on with an old setting")
	}
}

// TestTheControllersVariablesClashWithNone adds what the worker controller adds to the
// workers' containers, by its documentation.
func TestTheControllersVariablesClashWithNone(t *testing.T) {
	for name, added := range map[string][]string{
		"worker-controller": {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID", "TEMPORAL_API_KEY"},
		"controller-mtls":   {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID", "TEMPORAL_TLS", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_CLIENT_CERT_PATH"},
	} {
		objects := renderObjects(t, listCases(t)[name])
		if len(find[*appsv1.Deployment](objects)) > 0 {
			t.Errorf("%s: there is a Deployment beside the WorkerDeployment", name)
		}
		worker := findWorker(t, listPods(objects))
		for _, e := range worker.spec.Containers[0].Env {
			for _, a := range added {
				if e.Name == a || e.Name == a+"_FILE" {
					t.Errorf("%s: the chart sets %s, the controller %s", name, e.Name, a)
				}
			}
		}
		for _, v := range worker.spec.Volumes {
			if v.Name == "temporal-tls" {
				t.Errorf("%s: the volume %s is the controller's", name, v.Name)
			}
		}
		for _, p := range listPods(objects) {
			_, key := listFiles(p)["secrets/TEMPORAL_API_KEY"]
			_, cert := listFiles(p)["files/TEMPORAL_TLS_CLIENT_CERT_PATH"]
			if p.component() != "worker" && !key && !cert {
				t.Errorf("%s: %s can't connect to Temporal", name, p.owner)
			}
		}
	}
}

func TestTheConnectionIsTheSettings(t *testing.T) {
	key := findOne[*connection](t, renderObjects(t, listCases(t)["worker-controller"]))
	if ref := key.Spec.APIKeySecretRef; ref == nil || ref.Name != "defendersync" || ref.Key != "TEMPORAL_API_KEY" || key.Spec.HostPort != "eu-west-1.aws.api.temporal.io:7233" {
		t.Errorf("%+v", key.Spec)
	}
	objects := renderObjects(t, listCases(t)["controller-mtls"])
	cert := findOne[*connection](t, objects)
	if cert.Spec.MutualTLSSecretRef == nil || cert.Spec.MutualTLSSecretRef.Name != "temporal-client" || cert.Spec.TLS == nil || cert.Spec.TLS.ServerName != "temporal.contoso.com" {
		t.Errorf("%+v", cert.Spec)
	}
	worker := findOne[*workerDeployment](t, objects)
	if o := worker.Spec.WorkerOptions; o.ConnectionRef.Name != cert.Name || o.TemporalNamespace != "defendersync.a1b2c" {
		t.Errorf("%+v", o)
	}
	if len(worker.Spec.Rollout.Steps) != 2 || *worker.Spec.Replicas != 2 {
		t.Errorf("%+v", worker.Spec.Rollout)
	}
}
