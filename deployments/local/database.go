package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/headers"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"

	"defendersync/deployments/local/localrun"
)

// database is a prepared SQLite file of the Temporal server, locked for this
// process.
type database struct {
	Path string
	lock *os.File
}

// openDatabase prepares the file that belongs to path and this server version:
// it makes it with its schema if there is none, and sees to the namespace,
// which keeps closed workflows for retention (settled when it is made).
//
// A file of one server version is not migrated by the next and would fail in
// use, so the version is part of the file's name.
func openDatabase(path, namespace string, retention time.Duration) (*database, error) {
	path, err := filepath.Abs(versionedPath(path))
	if err != nil {
		return nil, fmt.Errorf("finding the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the database's folder: %w", err)
	}
	lock, err := localrun.LockDatabase(path)
	if err != nil {
		return nil, err
	}
	db := &database{Path: path, lock: lock}
	if err := db.prepareNamespace(namespace, retention); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// versionedPath puts the server's version into a file's name, unless it is there.
func versionedPath(path string) string {
	if strings.Contains(filepath.Base(path), headers.ServerVersion) {
		return path
	}
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "-" + headers.ServerVersion + ext
}

// Close lets go of the file.
func (d *database) Close() { _ = d.lock.Close() }

func (d *database) prepareNamespace(namespace string, retention time.Duration) error {
	switch _, err := os.Stat(d.Path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := createDatabase(d.Path); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := d.closeToOthers(); err != nil {
		return err
	}
	ns, err := sqlite.NewNamespaceConfig(clusterName, namespace, false, nil)
	if err != nil {
		return fmt.Errorf("preparing namespace %s: %w", namespace, err)
	}
	ns.Detail.Config.Retention = durationpb.New(retention)
	if err := sqlite.CreateNamespaces(sqlConfig(d.Path), ns); err != nil {
		return fmt.Errorf("making namespace %s in %s: %w", namespace, d.Path, err)
	}
	return nil
}

// privateFile is the mode of the database's files: workflows hold contacts and
// names of apps.
const privateFile fs.FileMode = 0o600

// closeToOthers takes the files from everybody but their owner, whatever the
// umask was when they were made. SQLite gives the files that it makes beside the
// database that one's mode.
func (d *database) closeToOthers() error {
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if err := os.Chmod(d.Path+suffix, privateFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keeping the database from others: %w", err)
		}
	}
	return nil
}

// createDatabase makes the file with its schema under another name first, so
// that a process killed half-way leaves no file that looks complete.
func createDatabase(path string) error {
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("making the database: %w", err)
	}
	conf := sqlConfig(draft)
	delete(conf.ConnectAttributes, "journal_mode") // a write-ahead log would keep part of it in a second file
	if err := sqlite.SetupSchema(conf); err != nil {
		return fmt.Errorf("making the database's schema: %w", err)
	}
	if err := os.Chmod(draft, privateFile); err != nil {
		return fmt.Errorf("keeping the database from others: %w", err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return nil
}

// sqlConfig opens the file with a write-ahead log, which makes commits cheap
// and survives a killed process; only a power failure may lose the last ones.
func sqlConfig(path string) *config.SQL {
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: path}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "normal",
			"busy_timeout": "10000", // milliseconds
		},
	}
}

func persistenceConfig(path string) config.Persistence {
	return config.Persistence{
		DefaultStore:     sqliteplugin.PluginName,
		VisibilityStore:  sqliteplugin.PluginName,
		NumHistoryShards: historyShards,
		DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: sqlConfig(path)}},
	}
}
