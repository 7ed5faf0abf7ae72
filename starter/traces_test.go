package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"defendersync/internal/testing/otlptest"
	"defendersync/internal/testing/simulator"
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

func TestACommandIsATraceOfHowItEnded(t *testing.T) {
	collector, err := otlptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(collector.Stop)
	p := newTenants(t, simulator.Options{})
	settings := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.HTTP, "INTEGRATION_NAME=hr"}
	command(t, append(p.environ, settings...), nil, "report", "apps", "--top", "3").ends(exitCompleted)
	command(t, append(p.environ, append(settings, "OOMNITZA_API_TOKEN=revoked-token-4711")...), nil, "report", "apps").ends(exitUsage)
	begun := map[string]otlptest.Span{} // by how it ended
	for _, span := range collector.Spans() {
		if span.Name == "defendersync report apps" {
			begun[span.Attributes["error.type"]] = span
			if span.ParentID() != "" || span.Resource["service.name"] != "defendersync" || span.Resource["defendersync.integration"] != "hr" {
				t.Errorf("it is %v of %v", span.Attributes, span.Resource)
			}
		}
		for name, value := range span.Attributes {
			if strings.Contains(value, "token-4711") {
				t.Errorf("%s is %s", name, value)
			}
		}
	}
	well, failed := begun[""], begun["exit 2"]
	if len(begun) != 2 || well.Span == nil || failed.Span == nil || well.Trace() == failed.Trace() || failed.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("the traces are %v", begun)
	}
}

func TestACommandGoesOnWithoutItsCollector(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	began := time.Now()
	command(t, append(p.environ, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1"), nil, "report", "apps", "--top", "3").ends(exitCompleted).prints("Name")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestATraceSaysHowACommandEnded(t *testing.T) {
	for want, err := range map[string]error{
		"":         nil,
		"Canceled": fmt.Errorf("stopped: %w", context.Canceled),
		"exit 2":   usageError(errors.New("a setting")),
		"exit 3":   fmt.Errorf("run: %w", exitError{code: 3}),
		"exit 1":   errors.New("anything else"),
	} {
		if got := kindOfExit(err); got != want {
			t.Errorf("%v: %q, not %q", err, got, want)
		}
	}
}
