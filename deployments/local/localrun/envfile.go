package localrun

import (
	"fmt"
	"os"
	"strings"
)

// envFile is the file with the settings of the local run, for commands beside
// it: set -a; . var/env; set +a
const envFile = "env"

// writeEnv writes the settings that the children have into a file that shells
// read. Only the simulated tenants' tokens may stand there: they are open
// secrets; real ones stay where the operator keeps them.
func (l *local) writeEnv() error {
	if !l.Simulated {
		return nil
	}
	var b strings.Builder
	for _, entry := range l.childEnv() {
		name, value, _ := strings.Cut(entry, "=")
		if isSetting(name) && !isTemporalSecret(name) {
			fmt.Fprintf(&b, "%s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	if err := os.WriteFile(l.dataPath(envFile), []byte(b.String()), privateFile); err != nil {
		return fmt.Errorf("writing the settings for other commands: %w", err)
	}
	l.say("Settings   in %s, for commands beside this one: set -a; . %s; set +a", l.dataPath(envFile), l.dataPath(envFile))
	return nil
}

// isTemporalSecret tells what only the operator's own Temporal has.
func isTemporalSecret(name string) bool {
	return name == "TEMPORAL_API_KEY" || name == "TEMPORAL_TLS_CLIENT_KEY_DATA" || strings.HasPrefix(name, "TEMPORAL_GRPC_META")
}

// isSetting tells the product's settings from the rest of an environment.
func isSetting(name string) bool {
	for _, prefix := range []string{"DEFENDER_", "OOMNITZA_", "INTEGRATION_", "SMTP_", "NOTIFY_", "TEMPORAL_", "PAYLOAD_", "REPORTS_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
