package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"defendersync/internal/buildinfo"
)

func TestTheWorkerTellsItsVersionWithoutAnySetting(t *testing.T) {
	for _, tt := range []struct {
		args      string
		code      int
		out, told string // how they begin
	}{
		{"version", 0, "defendersync-worker " + buildinfo.Version() + " (", ""},
		{"--version", 0, "defendersync-worker " + buildinfo.Version() + " (", ""},
		{"version --output json", 0, "{\n", ""},
		{"version --output=json", 0, "{\n", ""},
		{"version --output xml", 2, "", "defendersync-worker: version takes"},
		{"help", 0, "usage: ", ""},
		{"serve", 2, "", `defendersync-worker: there is no command "serve"`},
	} {
		var out, told bytes.Buffer
		code := runCommand(t.Context(), &out, &told, strings.Fields(tt.args), nil)
		if code != tt.code || !strings.HasPrefix(out.String(), tt.out) || (tt.out == "") != (out.Len() == 0) || !strings.HasPrefix(told.String(), tt.told) {
			t.Errorf("%s ends with %d, prints %q and tells %q", tt.args, code, out.String(), told.String())
		}
		if strings.Contains(tt.args, "json") && code == 0 {
			var info buildinfo.Info
			if err := json.Unmarshal(out.Bytes(), &info); err != nil || info.Version == "" || info.SDK == "" {
				t.Errorf("%s prints %s: %v", tt.args, out.String(), err)
			}
		}
	}
}

func TestWithoutArgumentsTheWorkerReadsItsSettings(t *testing.T) {
	var out, told bytes.Buffer
	if code := runCommand(t.Context(), &out, &told, nil, nil); code != 2 || !strings.Contains(told.String(), "DEFENDER_API_URL") {
		t.Errorf("it ends with %d and tells %q", code, told.String())
	}
}
