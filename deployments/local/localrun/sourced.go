package localrun

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// forgetSourced takes out of an environment what its shell has from an earlier local
// run's file of settings, and reports whether it has any: ports, addresses and tokens
// would be taken for real tenants, a mail server and a Temporal of the operator's.
//
// Where .env names real tenants, nothing of the simulated ones' may count: not their
// role, and not their rate, which is far above what a real Defender allows. Else what
// the operator has set beside the file counts, and .env counts where the shell has no
// more than the file says.
func forgetSourced(environ []string, dotenv map[string]string) (kept []string, sourced bool) {
	vars := mergeSettings(environ, nil)
	if vars[envDefenderKey] != simulatedDefender || vars[envOomnitzaToken] != simulatedOomnitza {
		return environ, false
	}
	real := dotenv[envDefenderURL] != "" || dotenv[envOomnitzaURL] != ""
	mailbox := vars[envSMTPFrom] == mailboxSender && vars[envSMTPHost] == Loopback
	folder := cmp.Or(vars[envDataDir], dotenv[envDataDir], defaultDataDir)
	written, _ := readDotenv(filepath.Join(folder, envFile)) // what is not there is not compared with
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case !isSetting(name), slices.Contains(ownVariables(), name):
			return false
		case real, slices.Contains(listConnections(), name):
			return true
		case strings.HasPrefix(name, "TEMPORAL_"): // another one than the local run's counts
			return written == nil || value == written[name]
		case strings.HasPrefix(name, "SMTP_"):
			return mailbox
		}
		_, set := dotenv[name]
		return set && value == written[name]
	}), true
}

// listConnections are the settings by which the product reaches simulated tenants.
func listConnections() []string {
	names := slices.Collect(maps.Keys(settings{}.simulatedTenants()))
	return slices.DeleteFunc(names, func(name string) bool { return name == envDefenderRate })
}
