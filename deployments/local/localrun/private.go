package localrun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// What the local run keeps is the operator's alone: the database has contacts
// and names of apps, the mail and the logs have people's, var/env has tokens.
const (
	privateFolder fs.FileMode = 0o700
	privateFile   fs.FileMode = 0o600
	privateMask               = 0o077
)

// ownEntries are the names of all that the local run keeps in its data folder.
func ownEntries() []string {
	return []string{"temporal-*", "tenants-*", "mail-*", logFolder, envFile, "*.pid"}
}

// keepPrivate makes the data folder and has all in it be the operator's alone,
// also what an earlier run or a careless umask left open to others. What this
// process and its children make from now on is private whatever the umask was;
// restore gives that one back.
func (l *local) keepPrivate() (restore func(), err error) {
	umask := syscall.Umask(privateMask)
	restore = func() { syscall.Umask(umask) }
	if err := os.MkdirAll(l.DataDir, privateFolder); err != nil {
		restore()
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	alone, err := l.closeEntries()
	if err == nil && alone {
		err = os.Chmod(l.DataDir, privateFolder)
	}
	if err != nil {
		restore()
		return nil, fmt.Errorf("keeping the data folder from others: %w", err)
	}
	if !alone {
		l.say("Data       %s has other files too, so the folder stays as it is; what is kept there is closed to others", l.DataDir)
	}
	return restore, nil
}

// closeEntries closes all that is ours in the data folder, and reports whether
// nothing else is there: a folder that the operator shares with other things
// is not ours to close.
func (l *local) closeEntries() (alone bool, err error) {
	entries, err := os.ReadDir(l.DataDir)
	if err != nil {
		return false, err
	}
	alone = true
	for _, entry := range entries {
		if !isOwnEntry(entry.Name()) {
			alone = false
			continue
		}
		if err := closeTree(l.dataPath(entry.Name())); err != nil {
			return false, err
		}
	}
	return alone, nil
}

func isOwnEntry(name string) bool {
	for _, pattern := range ownEntries() {
		if ok, _ := filepath.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// closeTree takes a file, or a folder with all in it, from everybody else. Links
// are not followed: what they lead to is elsewhere.
func closeTree(path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a temporary file that is gone
		case err != nil:
			return err
		case entry.IsDir():
			return os.Chmod(path, privateFolder)
		case entry.Type().IsRegular():
			return os.Chmod(path, privateFile)
		}
		return nil
	})
}
