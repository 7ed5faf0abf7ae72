package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// credentialsVariable names the folder in which systemd puts a service's
// credentials.
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// UseCredentials returns an environment, in the form of os.Environ, in which those
// secrets that systemd hands over as credentials are given as files: for a file of
// a secret's name in CREDENTIALS_DIRECTORY, NAME_FILE is set unless it is already.
func UseCredentials(environ []string) []string {
	given := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = value
	}
	folder := given[credentialsVariable]
	if folder == "" {
		return environ
	}
	out := slices.Clone(environ)
	for _, v := range ListVariables() {
		path := filepath.Join(folder, v.Name)
		if !v.Secret || given[v.FileVariable()] != "" {
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			out = append(out, v.FileVariable()+"="+path)
		}
	}
	return out
}
