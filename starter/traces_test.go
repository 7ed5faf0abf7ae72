package main

import (
	"strings"
	"testing"
)

func TestWrongSettingsOfTracesEndACommandWithTheirNames(t *testing.T) {
	for _, args := range []string{"run", "sessions list", "report apps"} {
		got := command(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json"}, strings.NewReader(""), strings.Fields(args)...)
		for _, want := range []string{`OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317": begin with http://`, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http/json"`} {
			if got.code != exitUsage || !strings.Contains(got.err, want) {
				t.Errorf("%s ends with %d and does not say %q:\n%s", args, got.code, want, got.err)
			}
		}
	}
}

func TestCommandsWithoutSettingsDoNotMindThoseOfTraces(t *testing.T) {
	for _, args := range []string{"version", "man", "completion bash"} {
		if got := command(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317"}, strings.NewReader(""), strings.Fields(args)...); got.code != 0 {
			t.Errorf("%s ends with %d: %s", args, got.code, got.err)
		}
	}
}
