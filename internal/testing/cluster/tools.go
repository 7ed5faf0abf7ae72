package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"defendersync/internal/testing/harness"
)

// The environment variables by which make hands in what a cluster is made of.
const (
	EnvTemporal = "DEFENDERSYNC_TEMPORAL" // folder of Temporal's own programs
	EnvFiles    = "DEFENDERSYNC_CLUSTER"  // folder of the configuration: deployments/cluster
)

// Tools are the programs that a cluster is made of.
type Tools struct {
	harness.Binaries
	Temporal string           // folder of temporal-server, temporal-sql-tool and temporal-ui-server
	Files    string           // folder of the configuration
	Postgres string           // folder of PostgreSQL's programs
	User     *harness.Account // who PostgreSQL runs as; nil: this process's user
}

// ErrNoPostgres is that PostgreSQL is not installed, with what to do.
var ErrNoPostgres = errors.New("PostgreSQL 12 or later is not installed: install its server (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), or name the folder of initdb and postgres by POSTGRES_BIN")

// FindTools finds the programs.
func FindTools() (Tools, error) {
	b, err := harness.FindPrograms()
	if err != nil {
		return Tools{}, err
	}
	t := Tools{Binaries: b, Temporal: os.Getenv(EnvTemporal), Files: os.Getenv(EnvFiles)}
	for _, name := range []string{"temporal-server", "temporal-sql-tool", "temporal-ui-server"} {
		if _, err := os.Stat(filepath.Join(t.Temporal, name)); t.Temporal == "" || err != nil {
			return t, fmt.Errorf("%s has no %s: run make temporal first, and this by make", EnvTemporal, name)
		}
	}
	if _, err := os.Stat(filepath.Join(t.Files, configTemplate)); t.Files == "" || err != nil {
		return t, fmt.Errorf("%s has no %s: run this by make", EnvFiles, configTemplate)
	}
	if t.Postgres, err = findPostgres(); err != nil {
		return t, err
	}
	t.User, err = findUnprivileged()
	return t, err
}

// findPostgres finds the folder of PostgreSQL's server. Debian keeps it off the
// path, by version; the latest counts.
func findPostgres() (string, error) {
	folders := []string{os.Getenv("POSTGRES_BIN")}
	if folders[0] == "" {
		if path, err := exec.LookPath("postgres"); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
		for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
			found, _ := filepath.Glob(pattern) // the patterns are good
			slices.Reverse(found)
			folders = append(folders, found...)
		}
	}
	for _, folder := range folders {
		if folder != "" && hasAll(folder, "initdb", "postgres", "pg_isready") {
			return folder, nil
		}
	}
	return "", ErrNoPostgres
}

func hasAll(folder string, programs ...string) bool {
	return !slices.ContainsFunc(programs, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err != nil
	})
}

// findUnprivileged finds who PostgreSQL runs as, since it refuses to run as root.
func findUnprivileged() (*harness.Account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &harness.Account{UID: uint32(uid), GID: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as")
}
