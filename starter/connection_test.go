package main

import (
	"errors"
	"strings"
	"testing"
)

// workable are settings with which commands get as far as Temporal.
var workable = []string{
	"INTEGRATION_NAME=hr", "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_USER=me@contoso.com",
	"DEFENDER_API_URL=http://127.0.0.1:1", "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY=k", "OOMNITZA_URL=http://127.0.0.1:1", "OOMNITZA_API_TOKEN=t",
}

// onTemporal are commands that cannot do without Temporal, and the codes that they end
// with where it does not answer, and where a setting is wrong.
var onTemporal = map[string][2]int{
	"run":                           {exitFailed, exitUsage},
	"run --dry-run --plan plan.csv": {exitFailed, exitUsage},
	"schedule apply":                {exitFailed, exitUsage},
	"schedule show":                 {exitFailed, exitUsage},
	"schedule pause --reason audit": {exitFailed, exitUsage},
	"schedule resume":               {exitFailed, exitUsage},
	"schedule delete --yes":         {exitFailed, exitUsage},
	"sessions list":                 {exitFailed, exitUsage},
	"sessions show":                 {exitFailed, exitUsage},
	"sessions errors":               {exitFailed, exitUsage},
	"sessions cancel":               {exitFailed, exitUsage},
	"workers":                       {exitFailed, exitUsage},
	"workers promote 0.2.0 --yes":   {exitFailed, exitUsage},
	"notifications list":            {exitFailed, exitUsage},
	"notifications read --all":      {exitFailed, exitUsage},
	"report subscribe --list":       {exitFailed, exitUsage},
	"report unsubscribe --all":      {exitFailed, exitUsage},
	"setup":                         {exitFailed, exitUsage},
	"status":                        {plugUnknown, plugUnknown},
	"watch":                         {plugUnknown, plugUnknown},
}

func TestCommandsWithoutTemporalSayWhereTheyLookedForIt(t *testing.T) {
	for line, codes := range onTemporal {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := command(t, workable, nil, strings.Fields(line)...).ends(codes[0])
			if text := got.out + got.err; !strings.Contains(text, "127.0.0.1:1") || !strings.Contains(text, "TEMPORAL_ADDRESS") || strings.Contains(text, "goroutine") {
				t.Errorf("it says %s", text)
			}
		})
	}
}

func TestCommandsNameTheSettingThatKeepsThemFromTemporal(t *testing.T) {
	for line, codes := range onTemporal {
		for setting, says := range map[string]string{
			"INTEGRATION_NAME=not a name":       "INTEGRATION_NAME",
			"TEMPORAL_ADDRESS=http://temporal":  "TEMPORAL_ADDRESS",
			"PAYLOAD_ENCRYPTION_KEY=k:c2hvcnQ=": "PAYLOAD_ENCRYPTION_KEY",
		} {
			got := command(t, append(workable[1:len(workable):len(workable)], setting), nil, strings.Fields(line)...)
			if text := got.out + got.err; got.code != codes[1] || !strings.Contains(text, says) || strings.Contains(text, "c2hvcnQ") {
				t.Errorf("%s with %s ends with %d: %s", line, setting, got.code, text)
			}
		}
	}
}

func TestANamespaceWithoutOurSearchAttributesIsToBeSetUp(t *testing.T) {
	lacking, other := errors.New("no mapping defined for search attribute SyncMode"), errors.New("out of order")
	if err := needsSetup(lacking); !errors.Is(err, lacking) || !strings.HasSuffix(err.Error(), "(run 'defendersync setup' once for this namespace)") {
		t.Error(err)
	}
	if err := needsSetup(other); err != other {
		t.Error(err)
	}
}
