package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"

	"github.com/rs/zerolog"
)

func TestTheLogHasTheSettingsWithoutSecretsAndPeople(t *testing.T) {
	var out bytes.Buffer
	logSettings(zerolog.New(&out), []string{
		"PATH=/bin", "DEFENDER_API_URL=https://contoso.portal.cloudappsecurity.com", "DEFENDER_API_KEY=s3cret-token", "OOMNITZA_API_TOKEN_FILE=/run/secrets/token",
		"INTEGRATION_CONTACTS=ann@contoso.com", "INTEGRATION_DEFAULT_ROLE=25", "SMTP_PASSWORD=", "DEFENDER_PROXY_URL=http://ann:s3cret@proxy:8080", "TEMPORAL_ADDRESS=temporal:7233", "TEMPORAL_API_KEY=s3cret-key",
	})
	var got struct {
		Set map[string]string `json:"set"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	want := map[string]string{
		"DEFENDER_API_URL": "https://contoso.portal.cloudappsecurity.com", "DEFENDER_API_KEY": "[redacted]", "OOMNITZA_API_TOKEN_FILE": "/run/secrets/token",
		"INTEGRATION_CONTACTS": "[address]", "DEFENDER_PROXY_URL": "http://ann:[address]:8080", "INTEGRATION_DEFAULT_ROLE": "25", "TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_API_KEY": "[redacted]",
	}
	if !maps.Equal(got.Set, want) {
		t.Errorf("it has %v, not %v", got.Set, want)
	}
}
