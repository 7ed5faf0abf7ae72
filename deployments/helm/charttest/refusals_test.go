package charttest

import (
	"strings"
	"testing"
)

// refusals are values that the chart refuses, and what its error has to say.
var refusals = []struct {
	values string
	says   []string
}{
	{"settings: {DEFENDER_API_URl: x}", []string{"/settings", "'DEFENDER_API_URl'"}},
	{"settings: {DEFENDER_API_KEY: s3cret-9f86d081}", []string{"/settings/DEFENDER_API_KEY", "secrets.settings"}},
	{"settings: {OOMNITZA_API_TOKEN: s3cret-9f86d081}", []string{"/settings/OOMNITZA_API_TOKEN", "secrets.settings"}},
	{"settings: {TEMPORAL_API_KEY: s3cret-9f86d081}", []string{"/settings/TEMPORAL_API_KEY", "secrets.settings"}},
	{"settings: {SMTP_PASSWORD: s3cret-9f86d081}", []string{"/settings/SMTP_PASSWORD", "secrets.settings"}},
	{"settings: {NOTIFY_WEBHOOK_URL: https://hooks.example.com/s3cret-9f86d081}", []string{"/settings/NOTIFY_WEBHOOK_URL", "secrets.settings"}},
	{"settings: {PAYLOAD_ENCRYPTION_KEY: s3cret-9f86d081}", []string{"/settings/PAYLOAD_ENCRYPTION_KEY", "secrets.settings"}},
	{"settings: {DEFENDER_API_KEY_FILE: /etc/token}", []string{"/settings/DEFENDER_API_KEY_FILE", "secrets.settings"}},
	{"settings: {DEFENDER_PROXY_URL: 'http://me:s3cret-9f86d081@proxy.example:3128'}", []string{"settings.DEFENDER_PROXY_URL", "password", "secrets.settings"}},
	{"settings: {HTTPS_PROXY: 'http://me:s3cret-9f86d081@proxy.example:3128'}", []string{"settings.HTTPS_PROXY", "password", "secrets.settings"}},
	{"settings: {SMTP_CA_FILE: /etc/ca.pem}", []string{"/settings/SMTP_CA_FILE", "under files"}},
	{"settings: {HEALTH_ADDRESS: ':8081'}", []string{"/settings/HEALTH_ADDRESS", "the chart sets it"}},
	{"settings: {WORKER_STOP_TIMEOUT: 1m}", []string{"/settings/WORKER_STOP_TIMEOUT", "worker.stopTimeoutSeconds"}},
	{"settings: {DEFENDER_API_URL: null}", []string{"/settings", "DEFENDER_API_URL"}},
	{"settings: {TEMPORAL_ADDRESS: null}", []string{"/settings", "TEMPORAL_ADDRESS"}},
	{"settings: {TEMPORAL_ADDRESS: 'https://temporal:7233'}", []string{"/settings/TEMPORAL_ADDRESS"}},
	{"settings: {TEMPORAL_ADDRESS: temporal}", []string{"/settings/TEMPORAL_ADDRESS"}},
	{"settings: {OOMNITZA_URL: contoso.oomnitza.com}", []string{"/settings/OOMNITZA_URL"}},
	{"settings: {INTEGRATION_DEFAULT_ROLE: IT}", []string{"/settings/INTEGRATION_DEFAULT_ROLE", "want integer"}},
	{"settings: {INTEGRATION_DEFAULT_ROLE: 0}", []string{"/settings/INTEGRATION_DEFAULT_ROLE"}},
	{"settings: {INTEGRATION_LOOKBACK: 90}", []string{"/settings/INTEGRATION_LOOKBACK", "want string"}},
	{"settings: {INTEGRATION_LOOKBACK: 3 months}", []string{"/settings/INTEGRATION_LOOKBACK"}},
	{"settings: {INTEGRATION_NAME: 'a b'}", []string{"/settings/INTEGRATION_NAME"}},
	{"settings: {SMTP_TLS: ssl}", []string{"/settings/SMTP_TLS", "starttls"}},
	{"settings: {LOG_LEVEL: warning}", []string{"/settings/LOG_LEVEL"}},
	{"settings: {SMTP_PORT: 70000}", []string{"/settings/SMTP_PORT"}},
	{"settings: {SMTP_USERNAME: me}", []string{"settings.SMTP_USERNAME", "SMTP_PASSWORD: {}"}},
	{"secrets: {existingSecret: null}", []string{"secrets.existingSecret"}},
	{"secrets: {existingSecret: ''}", []string{"secrets.existingSecret"}},
	{"secrets: {existingSecret: My_Secret}", []string{"/secrets/existingSecret"}},
	{"secrets: {settings: {DEFENDER_API_KEY: s3cret-9f86d081}}", []string{"/secrets/settings/DEFENDER_API_KEY", "want object"}},
	{"secrets: {settings: {DEFENDER_API_KEY: {value: s3cret-9f86d081}}}", []string{"/secrets/settings/DEFENDER_API_KEY", "'value'"}},
	{"secrets: {settings: {DEFENDER_API_KEY: null}}", []string{"/secrets/settings", "DEFENDER_API_KEY"}},
	{"secrets: {settings: {SMTP_HOST: {}}}", []string{"/secrets/settings", "'SMTP_HOST'"}},
	{"{settings: {HTTPS_PROXY: http://proxy:3128}, secrets: {settings: {HTTPS_PROXY: {}}}}", []string{"settings.HTTPS_PROXY", "secrets.settings as well"}},
	{"files: {DEFENDER_CA_FILE: /etc/ca.pem}", []string{"/files/DEFENDER_CA_FILE", "want object"}},
	{"files: {DEFENDER_CA_FILE: {secret: ca}}", []string{"/files/DEFENDER_CA_FILE", "'key'"}},
	{"files: {DEFENDER_CA_FILE: {secret: ca, configMap: ca, key: ca.crt}}", []string{"/files/DEFENDER_CA_FILE"}},
	{"files: {SMTP_PASSWORD: {secret: mail, key: password}}", []string{"/files", "'SMTP_PASSWORD'"}},
	{"files: {TEMPORAL_TLS_CLIENT_CERT_PATH: {secret: c, key: tls.crt}}", []string{"files.TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH"}},
	{"image: {tag: 'a:b'}", []string{"/image/tag"}},
	{"image: {digest: latest}", []string{"/image/digest"}},
	{"image: {pullPolicy: Sometimes}", []string{"/image/pullPolicy", "IfNotPresent"}},
	{"worker: {replicas: two}", []string{"/worker/replicas", "want integer"}},
	{"worker: {replica: 2}", []string{"/worker", "'replica'"}},
	{"worker: {resources: {limits: {memory: lots}}}", []string{"/worker/resources/limits/memory"}},
	{"worker: {resources: {limit: {memory: 1Gi}}}", []string{"/worker/resources", "'limit'"}},
	{"worker: {stopTimeoutSeconds: 30s}", []string{"/worker/stopTimeoutSeconds", "want integer"}},
	{"worker: {affinity: {podAffinty: {}}}", []string{"/worker/affinity", "'podAffinty'"}},
	{"worker: {podLabels: {app.kubernetes.io/name: mine}}", []string{"worker.podLabels", "app.kubernetes.io/name", "nameOverride"}},
	{"commonLabels: {app.kubernetes.io/instance: mine}", []string{"commonLabels", "app.kubernetes.io/instance"}},
	{"commands: {podLabels: {app.kubernetes.io/component: job}}", []string{"commands.podLabels", "app.kubernetes.io/component"}},
	{"runAsUser: 0", []string{"/runAsUser"}},
	{"runAsUser: root", []string{"/runAsUser"}},
	{"health: {port: 80}", []string{"/health/port"}},
	{"metrics: {enabled: 'yes'}", []string{"/metrics/enabled", "want boolean"}},
	{"metrics: {port: 8081}", []string{"metrics.port", "health.port"}},
	{"metrics: {enabled: false, serviceMonitor: {enabled: true}}", []string{"metrics.serviceMonitor.enabled", "metrics.enabled"}},
	{"networkPolicy: {metricsFrom: [{namespace: monitoring}]}", []string{"/networkPolicy/metricsFrom/0", "'namespace'"}},
	{"watch: {schedule: '5m'}", []string{"/watch/schedule"}},
	{"podDisruptionBudget: {maxUnavailable: 0}", []string{"/podDisruptionBudget/maxUnavailable"}},
	{"serviceaccount: {create: false}", []string{"'serviceaccount'"}},
	{"workerController: {enabled: true, rollout: {strategy: Progressive}}", []string{"/workerController/rollout/steps"}},
	{"workerController: {enabled: true, rollout: {strategy: Slowly}}", []string{"/workerController/rollout/strategy"}},
	{"workerController: {enabled: true, sunset: {deleteDelay: 1d}}", []string{"/workerController/sunset/deleteDelay"}},
	{"{settings: {TEMPORAL_DEPLOYMENT_NAME: mine}, workerController: {enabled: true}}", []string{"settings.TEMPORAL_DEPLOYMENT_NAME", "workerController"}},
	{"{settings: {TEMPORAL_WORKER_BUILD_ID: '1'}, workerController: {enabled: true}}", []string{"settings.TEMPORAL_WORKER_BUILD_ID", "workerController"}},
	{"{settings: {TEMPORAL_ADDRESS: '[::1]:7233'}, workerController: {enabled: true}}", []string{"settings.TEMPORAL_ADDRESS", "workerController"}},
	{"{files: {TEMPORAL_TLS_CLIENT_CERT_PATH: {secret: a, key: tls.crt}, TEMPORAL_TLS_CLIENT_KEY_PATH: {secret: b, key: tls.key}}, workerController: {enabled: true}}", []string{"TEMPORAL_TLS_CLIENT_CERT_PATH", "one Secret"}},
}

func TestWrongValuesAreRefusedByName(t *testing.T) {
	for _, r := range refusals {
		_, err := renderFiles(t, with(r.values), kubeVersions[0])
		if err == nil {
			t.Errorf("%s is taken", r.values)
			continue
		}
		for _, text := range r.says {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %q is not in: %v", r.values, text, err)
			}
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error shows the secret: %v", r.values, err)
		}
	}
}

func TestNoValuesAtAllSayWhatIsNeeded(t *testing.T) {
	_, err := renderFiles(t, values{}, kubeVersions[0])
	if err == nil {
		t.Fatal("no values are taken")
	}
	for _, name := range required {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in: %v", name, err)
		}
	}
}
