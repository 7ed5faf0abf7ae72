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
// secrets that systemd hands over as credentials are given as files: for a file in
// CREDENTIALS_DIRECTORY that is named as a secret, or ends with a dot and its name,
// NAME_FILE is set unless it is already.
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
		if !v.Secret || given[v.FileVariable()] != "" {
			continue
		}
		if path := findCredential(folder, v.Name); path != "" {
			out = append(out, v.FileVariable()+"="+path)
		}
	}
	return out
}

// findCredential returns the path of a secret's credential; "" if there is none.
func findCredential(folder, name string) string {
	path := filepath.Join(folder, name)
	if _, err := os.Lstat(path); err == nil {
		return path
	}
	// A folder that can't be read holds nothing for us: what is missing is told.
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), "."+name) {
			return filepath.Join(folder, entry.Name())
		}
	}
	return ""
}
