package charttest

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/config"
)

var update = flag.Bool("update", false, "write what is made of the product's settings into the chart")

const schemaFile = chartDir + "/values.schema.json"

// The settings of the product, by the ways in which the chart gives them. What is in
// none of these lists is a plain setting.
var (
	// chartOwned are set by the chart, out of values of its own.
	chartOwned = []string{"HEALTH_ADDRESS", "METRICS_ADDRESS", "WORKER_STOP_TIMEOUT"}
	// fileSettings hold the path of a file.
	fileSettings = []string{
		"DEFENDER_CA_FILE", "OOMNITZA_CA_FILE", "SMTP_CA_FILE", "REPORTS_FILE", "TEMPORAL_CONFIG_FILE",
		"TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
		"OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY",
	}
	// mayBeSecret are plain settings and variables that may hold a secret, which then
	// comes from a Secret.
	mayBeSecret = []string{"DEFENDER_PROXY_URL", "OOMNITZA_PROXY_URL", "HTTPS_PROXY"}
	// standard are variables that are no settings of the product, and that it or a
	// library of it goes by.
	standard = map[string]string{
		"HTTPS_PROXY": "proxy for all HTTPS; a password in it makes it a secret",
		"NO_PROXY":    "hosts that are reached without the proxy, by commas",
		"GOGC":        "Go's garbage collector; the worker tunes it by itself",
		"GOMEMLIMIT":  "Go's memory limit; the worker sets one by itself",
	}
	// required have no default.
	required = []string{"DEFENDER_API_URL", "INTEGRATION_DEFAULT_ROLE", "OOMNITZA_URL", "TEMPORAL_ADDRESS"}
)

// The schemas of single settings that say more than their kind.
const (
	durationPattern = `^(0|[0-9]+d([0-9]+(\.[0-9]+)?(ms|s|m|h))*|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$`
	urlPattern      = `^https?://[^/ ]+`
)

// truth is a setting that its library reads as text.
var truth = object{"type": []string{"boolean", "string"}, "enum": []any{true, false, "true", "false", ""}}

var shapes = map[string]object{
	"DEFENDER_API_URL": {"pattern": urlPattern}, "OOMNITZA_URL": {"pattern": urlPattern}, "TEMPORAL_UI_URL": {"pattern": urlPattern},
	"OTEL_EXPORTER_OTLP_ENDPOINT": {"pattern": urlPattern}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": {"pattern": urlPattern},
	"OTEL_EXPORTER_OTLP_TIMEOUT":             {"type": []string{"integer", "string"}},
	"OTEL_SDK_DISABLED":                      truth,
	"TEMPORAL_ADDRESS":                       {"pattern": `^([^:/"' ]+|\[[0-9a-fA-F:.]+\]):[0-9]+$`},
	"TEMPORAL_TLS":                           truth,
	"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": truth,
	"INTEGRATION_NAME":                       {"pattern": `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`},
	"INTEGRATION_DEFAULT_ROLE":               {"minimum": 1},
	"SMTP_PORT":                              {"minimum": 1, "maximum": 65535},
	"SMTP_TLS":                               {"enum": []any{"starttls", "tls", "none"}},
	"NOTIFY_WEBHOOK_FORMAT":                  {"enum": []any{"json", "teams", "slack", "pagerduty"}},
	"LOG_LEVEL":                              {"enum": []any{"trace", "debug", "info", "warn", "error"}},
	"LOG_FORMAT":                             {"enum": []any{"json", "console", "auto"}},
}

type object = map[string]any

// kindOf returns the JSON schema of a kind of setting.
func kindOf(name string, types map[string]reflect.Type) object {
	switch kind := types[name]; {
	case kind == reflect.TypeFor[time.Duration]():
		return object{"type": "string", "pattern": durationPattern}
	case kind != nil && kind.Kind() == reflect.Int:
		return object{"type": "integer", "minimum": 0}
	case kind != nil && kind.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	}
	return object{"type": "string"}
}

// listTypes returns the Go type of each setting that is the product's own.
func listTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	groups := reflect.TypeFor[config.Settings]()
	for i := range groups.NumField() {
		for j := range groups.Field(i).Type.NumField() {
			f := groups.Field(i).Type.Field(j)
			name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
			types[name] = f.Type
		}
	}
	return types
}

// makeSchemas makes the schemas of settings, secrets.settings and files of the
// product's settings.
func makeSchemas() map[string]object {
	settings, secrets, files := object{}, object{}, object{}
	types := listTypes()
	for _, v := range config.ListVariables() {
		switch {
		case slices.Contains(chartOwned, v.Name):
			settings[v.Name] = object{"const": "not here: the chart sets it, out of health, metrics or worker.stopTimeoutSeconds"}
		case slices.Contains(fileSettings, v.Name):
			files[v.Name] = object{"$ref": "#/$defs/fileKey", "description": v.Help}
			settings[v.Name] = object{"const": "not here: a file comes from a Secret or a ConfigMap, under files"}
		case v.Secret:
			secrets[v.Name] = object{"$ref": "#/$defs/secretKey", "description": v.Help}
			settings[v.Name] = object{"const": "not here: it is a secret; put it into the Secret, and name it under secrets.settings"}
			settings[v.FileVariable()] = object{"const": "not here: secrets come as files by themselves, see secrets.settings"}
		default:
			s := kindOf(v.Name, types)
			s["description"] = v.Help
			if v.Default != "" {
				s["description"] = v.Help + "; default: " + v.Default
			}
			maps.Copy(s, shapes[v.Name])
			settings[v.Name] = s
		}
	}
	for name, help := range standard {
		if _, known := settings[name]; !known {
			settings[name] = object{"type": "string", "description": help}
			maps.Copy(settings[name].(object), shapes[name])
		}
	}
	for _, name := range mayBeSecret {
		secrets[name] = object{"$ref": "#/$defs/secretKey", "description": "for a value that holds a secret; a variable, not a file"}
	}
	closed := func(properties object, need ...string) object {
		o := object{"type": "object", "properties": properties, "additionalProperties": false}
		if len(need) > 0 {
			o["required"] = need
		}
		return o
	}
	return map[string]object{
		"settings": closed(settings, required...), "secretSettings": closed(secrets, "DEFENDER_API_KEY", "OOMNITZA_API_TOKEN"), "fileSettings": closed(files),
	}
}

// formatSchema writes a schema as the file has it.
func formatSchema(t *testing.T, schema object) []byte {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(schema); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheSchemaKnowsEverySettingOfTheProduct(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for name, part := range makeSchemas() {
		schema["$defs"].(object)[name] = part
	}
	want := formatSchema(t, schema)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(text, want) {
		t.Errorf("%s is not what the product's settings make of it: run 'go test -update' here", schemaFile)
	}
}

// TestTheSchemaTakesEveryDefault takes each default for a value, as an operator may.
func TestTheSchemaTakesEveryDefault(t *testing.T) {
	types := listTypes()
	v := minimal()
	settings := v["settings"].(values)
	plain := makeSchemas()["settings"]["properties"].(object)
	for _, variable := range config.ListVariables() {
		s := plain[variable.Name].(object)
		if _, ruled := s["const"]; ruled || variable.Default == "" || slices.Contains(required, variable.Name) {
			continue
		}
		var value any = variable.Default
		if kind := types[variable.Name]; kind != nil && (kind.Kind() == reflect.Bool || kind.Kind() == reflect.Int) {
			if err := json.Unmarshal([]byte(variable.Default), &value); err != nil {
				t.Fatalf("%s: %v", variable.Name, err)
			}
		}
		settings[variable.Name] = value
	}
	if len(settings) < 30 {
		t.Fatalf("only %d settings have a default", len(settings))
	}
	if _, err := renderFiles(t, v, kubeVersions[0]); err != nil {
		t.Error(err)
	}
}

func TestTheSchemaAndTheProductAgreeAboutDurations(t *testing.T) {
	pattern := regexp.MustCompile(durationPattern)
	for _, text := range []string{"90d", "72h", "15m", "30s", "1d12h", "1h30m", "0", "0s", "1.5h", "250ms"} {
		if _, err := config.ParseDuration(text); err != nil || !pattern.MatchString(text) {
			t.Errorf("%q: the product says %v, the schema %v", text, err, pattern.MatchString(text))
		}
	}
	for _, text := range []string{"", "90", "soon", "-1h", "1w", "d", "1h2d", "1 h"} {
		if _, err := config.ParseDuration(text); err == nil || pattern.MatchString(text) {
			t.Errorf("%q: the product says %v, the schema %v", text, err, pattern.MatchString(text))
		}
	}
}
