package main

import (
	"strings"
	"testing"
)

func TestFlagsOfTheScheduleAreCheckedAsTheSettingsAreAndNamed(t *testing.T) {
	cases := []struct {
		line string
		says []string
	}{
		{"--cron now", []string{`--cron="now"`, "five fields"}},
		{"--every soon", []string{`--every="soon"`, "not a duration"}},
		{"--every 10s", []string{`--every="10s"`, "too often"}},
		{"--every 1h --cron *", []string{"--cron or --every, not both"}},
		{"--timezone Mars/Base", []string{`--timezone="Mars/Base"`, "Europe/Berlin"}},
		{"--jitter x --catch-up y", []string{`--jitter="x"`, `--catch-up="y"`, "not a duration"}},
		{"--jitter 25h", []string{"--jitter", "0s to 1d"}},
		{"--catch-up 1s", []string{"--catch-up", "10s to 365d"}},
		{"--jitter=", []string{"--jitter has no value"}},
		{"--lookback 3d", []string{"lookback"}},
	}
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			got := command(t, []string{"INTEGRATION_DEFAULT_ROLE=25"}, nil, append([]string{"schedule", "apply"}, strings.Fields(c.line)...)...)
			if got.code != exitUsage {
				t.Errorf("ended with %d", got.code)
			}
			for _, text := range c.says {
				if !strings.Contains(got.err, text) {
					t.Errorf("it does not say %q: %s", text, got.err)
				}
			}
			if strings.Contains(got.err, "INTEGRATION_") {
				t.Errorf("it speaks of a setting that was not given: %s", got.err)
			}
		})
	}
}

func TestASettingThatIsWrongKeepsItsNameBesideAFlagThatIs(t *testing.T) {
	got := command(t, []string{"INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_JITTER=x", "INTEGRATION_CATCH_UP=y"}, nil, "schedule", "apply", "--jitter", "z")
	if got.code != exitUsage || !strings.Contains(got.err, `--jitter="z"`) || !strings.Contains(got.err, `INTEGRATION_CATCH_UP="y"`) {
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
}
