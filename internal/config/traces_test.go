package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

// loadTraces reads the settings of traces out of some variables.
func loadTraces(t *testing.T, environ ...string) (Traces, error) {
	t.Helper()
	s, err := Load(t.Context(), environ, 0)
	return s.Traces, err
}

func TestTracesAreOffUnlessAskedFor(t *testing.T) {
	for environ, want := range map[string]bool{
		"": false,
		"OTEL_SERVICE_NAME=sync OTEL_TRACES_SAMPLER=always_on":                                 false,
		"OTEL_EXPORTER_OTLP_ENDPOINT=":                                                         false,
		"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318":          false,
		"OTEL_SDK_DISABLED=true OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318":             false,
		"OTEL_SDK_DISABLED=TRUE OTEL_TRACES_EXPORTER=otlp":                                     false,
		"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_PROTOCOL=smoke OTEL_TRACES_SAMPLER=dice": false,
		"OTEL_TRACES_EXPORTER=otlp":                                                            true,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318":                                    true,
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector/traces":                          true,
		"OTEL_SDK_DISABLED=false OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318":            true,
	} {
		got, err := loadTraces(t, strings.Fields(environ)...)
		if err != nil || got.IsOn() != want {
			t.Errorf("%q: on is %v, %v", environ, got.IsOn(), err)
		}
	}
}

func TestTheAddressOfTheCollectorFollowsTheSpecification(t *testing.T) {
	for environ, want := range map[string]string{
		"OTEL_TRACES_EXPORTER=otlp":                                                                 "http://localhost:4318/v1/traces",
		"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=grpc":                                "http://localhost:4317",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318":                                         "http://collector:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp.example/base/":                                    "https://otlp.example/base/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317 OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc": "http://collector:4317",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://all OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://some/t":   "http://some/t",
	} {
		got, err := loadTraces(t, strings.Fields(environ)...)
		if err != nil || got.URL() != want {
			t.Errorf("%q: %q, %v", environ, got.URL(), err)
		}
	}
}

func TestBadSettingsOfTracesAreAllNamed(t *testing.T) {
	_, err := loadTraces(t, "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://jane:pa55word@h", "OTEL_TRACES_EXPORTER=jaeger",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_COMPRESSION=zip", "OTEL_EXPORTER_OTLP_TIMEOUT=10s", "OTEL_EXPORTER_OTLP_HEADERS=s3cretkey",
		"OTEL_EXPORTER_OTLP_CERTIFICATE=/none.pem", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/none.crt", "OTEL_TRACES_SAMPLER=jaeger_remote", "OTEL_TRACES_SAMPLER_ARG=10%",
		"OTEL_RESOURCE_ATTRIBUTES=prod", "OTEL_SDK_DISABLED=no", "OTEL_BSP_MAX_QUEUE_SIZE=many", "OTEL_SPAN_LINK_COUNT_LIMIT=1.5")
	if err == nil {
		t.Fatal("nothing is wrong with them")
	}
	for _, want := range []string{
		`OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317": begin with http:// or https://`, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: a user",
		`OTEL_TRACES_EXPORTER="jaeger"`, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http/json"`, `OTEL_EXPORTER_OTLP_COMPRESSION="zip"`,
		`OTEL_EXPORTER_OTLP_TIMEOUT="10s": use milliseconds`, "OTEL_EXPORTER_OTLP_HEADERS: use key=value", "OTEL_EXPORTER_OTLP_CERTIFICATE", "go together",
		`OTEL_TRACES_SAMPLER="jaeger_remote"`, `OTEL_TRACES_SAMPLER_ARG="10%": use a share`, `OTEL_RESOURCE_ATTRIBUTES="prod": use key=value`,
		`OTEL_SDK_DISABLED="no"`, `OTEL_BSP_MAX_QUEUE_SIZE="many": use a whole number`, `OTEL_SPAN_LINK_COUNT_LIMIT="1.5"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
	for _, secret := range []string{"pa55word", "s3cretkey"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("it shows a secret: %v", err)
		}
	}
}

func TestHeadersOfTracesAreSecretsAndMayComeFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(file, []byte("authorization=Bearer%20k3y-9f86d081,tenant=a%2Cb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := loadTraces(t, "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_HEADERS_FILE="+file, "OTEL_RESOURCE_ATTRIBUTES=a=1,b=x%20y")
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"authorization": "Bearer k3y-9f86d081", "tenant": "a,b"}; !maps.Equal(got.HeaderFields(), want) {
		t.Errorf("the headers are %v", got.HeaderFields())
	}
	if want := map[string]string{"a": "1", "b": "x y"}; !maps.Equal(got.ResourceAttributes(), want) {
		t.Errorf("the attributes are %v", got.ResourceAttributes())
	}
	if shown := httpx.Redact("refused: k3y-9f86d081"); strings.Contains(shown, "9f86d081") {
		t.Errorf("the key is shown: %s", shown)
	}
}

func TestTheHintNamesTheOtherProtocolOfAPort(t *testing.T) {
	for environ, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317":                                  "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_EXPORTER_OTLP_PROTOCOL=grpc": "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":                                  "whether a collector takes http/protobuf at c:4318",
	} {
		got, err := loadTraces(t, strings.Fields(environ)...)
		if err != nil || !strings.Contains(got.Describe(), want) {
			t.Errorf("%q: %q, %v", environ, got.Describe(), err)
		}
	}
}
