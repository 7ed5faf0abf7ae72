package localrun

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWhatAShellHasOfAnEarlierRunIsForgotten(t *testing.T) {
	folder := t.TempDir()
	written := "INTEGRATION_DEFAULT_ROLE='25'\nINTEGRATION_STALL_AFTER='1h'\nINTEGRATION_CONTACTS='it-assets@example.com'\nDEFENDER_REQUESTS_PER_MINUTE='900'\n" +
		"TEMPORAL_ADDRESS='127.0.0.1:7233'\nTEMPORAL_NAMESPACE='default'\nTEMPORAL_CONFIG_FILE='/dev/null'\n"
	if err := os.WriteFile(filepath.Join(folder, envFile), []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	sourced := []string{
		"DATA_DIR=" + folder, "PATH=/bin", "DEFENDER_API_URL=http://127.0.0.1:7311", "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY=" + simulatedDefender,
		"DEFENDER_REQUESTS_PER_MINUTE=900", "OOMNITZA_URL=http://127.0.0.1:7312", "OOMNITZA_API_TOKEN=" + simulatedOomnitza, "INTEGRATION_DEFAULT_ROLE=25",
		"INTEGRATION_STALL_AFTER=1h", "INTEGRATION_CONTACTS=it-assets@example.com", "SMTP_HOST=127.0.0.1", "SMTP_PORT=7325", "SMTP_TLS=none",
		"SMTP_FROM=defendersync@example.com", "TEMPORAL_ADDRESS=127.0.0.1:7233", "TEMPORAL_NAMESPACE=default", "TEMPORAL_CONFIG_FILE=/dev/null", "TEMPORAL_PORT=9000",
	}
	ours := []string{"DATA_DIR=" + folder, "PATH=/bin", "TEMPORAL_PORT=9000"}
	for name, tc := range map[string]struct {
		dotenv map[string]string
		more   []string // set after the file was sourced
		keeps  []string
	}{
		"all but what the product does": {nil, nil,
			append([]string{"DEFENDER_REQUESTS_PER_MINUTE=900", "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_STALL_AFTER=1h", "INTEGRATION_CONTACTS=it-assets@example.com"}, ours...)},
		"what .env says otherwise now": {map[string]string{"INTEGRATION_STALL_AFTER": "2h", "DEFENDER_REQUESTS_PER_MINUTE": "30"}, nil,
			append([]string{"INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_CONTACTS=it-assets@example.com"}, ours...)},
		"not what was set since": {map[string]string{"INTEGRATION_STALL_AFTER": "2h"}, []string{"INTEGRATION_STALL_AFTER=10s", "TEMPORAL_ADDRESS=temporal.contoso.com:7233"},
			append([]string{"DEFENDER_REQUESTS_PER_MINUTE=900", "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_CONTACTS=it-assets@example.com", "INTEGRATION_STALL_AFTER=10s", "TEMPORAL_ADDRESS=temporal.contoso.com:7233"}, ours...)},
		"all where .env names real tenants": {map[string]string{"DEFENDER_API_URL": "https://contoso.example"}, nil, ours},
		"not a mail server of the operator's": {nil, []string{"SMTP_HOST=mail.contoso.com"},
			append([]string{"DEFENDER_REQUESTS_PER_MINUTE=900", "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_STALL_AFTER=1h", "INTEGRATION_CONTACTS=it-assets@example.com",
				"SMTP_HOST=mail.contoso.com", "SMTP_PORT=7325", "SMTP_TLS=none", "SMTP_FROM=defendersync@example.com"}, ours...)},
	} {
		environ := sourced
		for _, entry := range tc.more {
			environ = setVariable(environ, entry)
		}
		kept, told := forgetSourced(environ, tc.dotenv)
		slices.Sort(kept)
		slices.Sort(tc.keeps)
		if !told || !slices.Equal(kept, tc.keeps) {
			t.Errorf("%s: %v, it keeps\n%q, not\n%q", name, told, kept, tc.keeps)
		}
	}
}

// setVariable is an environment with an entry in place of the one of its name.
func setVariable(environ []string, entry string) []string {
	name := entry[:1+slices.Index([]byte(entry), '=')]
	out := slices.DeleteFunc(slices.Clone(environ), func(e string) bool { return len(e) > len(name) && e[:len(name)] == name })
	return append(out, entry)
}

func TestAnotherShellIsLeftAsItIs(t *testing.T) {
	for _, environ := range [][]string{
		nil,
		{"DEFENDER_API_KEY=real", "OOMNITZA_API_TOKEN=real", "TEMPORAL_ADDRESS=temporal.contoso.com:7233"},
		{"DEFENDER_API_KEY=" + simulatedDefender, "OOMNITZA_API_TOKEN=real"},
	} {
		if kept, sourced := forgetSourced(environ, nil); sourced || !slices.Equal(kept, environ) {
			t.Errorf("%q became %q", environ, kept)
		}
	}
}
