package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"defendersync/deployments/local/localrun"
)

func TestTheCLIsServerIsTunedAsOurs(t *testing.T) {
	cli := map[string]string{}
	for key, value := range localrun.CLITuning() {
		cli[strings.ToLower(key)] = value // as the server's own keys compare
	}
	ours := serverTuning()
	for key, value := range ours {
		if d, ok := value.(time.Duration); ok {
			value = d.String()
		}
		want, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := cli[strings.ToLower(fmt.Sprint(key))]; got != string(want) {
			t.Errorf("%s is %s for the CLI, and %s for our own server", key, got, want)
		}
	}
	if len(cli) != len(ours) {
		t.Errorf("the CLI's server has %d values, ours %d", len(cli), len(ours))
	}
}
