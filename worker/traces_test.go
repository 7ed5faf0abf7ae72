package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrongSettingsOfTracesEndTheWorkerWithTheirNames(t *testing.T) {
	var out bytes.Buffer
	code := runWorker(t.Context(), &out, []string{
		"DEFENDER_API_URL=https://contoso.us2.portal.cloudappsecurity.com", "DEFENDER_API_KEY=d-5d1b1d00", "OOMNITZA_URL=https://contoso.oomnitza.com",
		"OOMNITZA_API_TOKEN=o-5d1b1d00", "TEMPORAL_ADDRESS=127.0.0.1:1", "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_TRACES_SAMPLER=dice",
	})
	for _, want := range []string{`OTEL_EXPORTER_OTLP_ENDPOINT="collector:4317": begin with http://`, `OTEL_TRACES_SAMPLER="dice"`} {
		if code != 2 || !strings.Contains(out.String(), want) {
			t.Errorf("it ends with %d and does not say %q:\n%s", code, want, out.String())
		}
	}
}
