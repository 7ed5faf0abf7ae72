package main

import (
	"strings"
	"testing"
)

// complete are all settings that a session needs. Nobody answers there.
var complete = []string{
	"DEFENDER_API_URL=http://127.0.0.1:1", "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY=k", "OOMNITZA_URL=http://127.0.0.1:1",
	"OOMNITZA_API_TOKEN=t", "INTEGRATION_DEFAULT_ROLE=25", "TEMPORAL_CONFIG_FILE=/dev/null",
}

func TestSettingsThatAreCompleteAreCheckedWithoutAskingAnybody(t *testing.T) {
	command(t, complete, nil, "check", "--settings").ends(exitCompleted).quiet().prints("✓ Settings (", "complete")
	var got []finding
	command(t, complete, nil, "check", "--settings", "--output", "json").ends(exitCompleted).quiet().decode(&got)
	if len(got) != 1 || !got[0].OK || got[0].Status != statusOK || got[0].Check != "Settings" {
		t.Errorf("got %+v", got)
	}
}

func TestEverythingThatIsWrongWithTheSettingsIsToldAtOnce(t *testing.T) {
	got := command(t, []string{"TEMPORAL_TLS=yes", "SMTP_PORT=many", "DEFENDER_API_URL=http://127.0.0.1:1"}, nil, "check", "--settings").ends(exitUsage)
	got.says("DEFENDER_API_KEY: ", "OOMNITZA_URL: ", "OOMNITZA_API_TOKEN: ", "INTEGRATION_DEFAULT_ROLE: ", "SMTP_PORT", `TEMPORAL_TLS="yes"`)
	if got.out != "" {
		t.Errorf("it prints %s", got.out)
	}
	for _, setting := range []string{"OOMNITZA_CA_FILE=/none", "SMTP_CA_FILE=/none"} {
		name, _, _ := strings.Cut(setting, "=")
		command(t, append([]string{setting, "SMTP_HOST=h", "SMTP_FROM=a@b.example"}, complete...), nil, "check", "--settings").ends(exitUsage).says(name)
	}
}
