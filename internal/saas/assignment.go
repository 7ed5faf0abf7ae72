package saas

import (
	"strings"
	"time"
)

// Assigned is one person who is assigned to an app, as Oomnitza shows it.
type Assigned struct {
	UserID       string
	Username     string
	LastActivity time.Time // UTC, to the second; zero: none is kept
}

// Assignment says that a person uses an app, and when last.
type Assignment struct {
	UserID       string    // Oomnitza's id of the person
	LastActivity time.Time // zero: not told
}

// RowError is an assignment that was refused while others were taken.
type RowError struct {
	UserID  string // "" when the answer does not say whose it is: it speaks of all
	Message string // the tenant's words, on one line
}

// Standing is what could be found out about one person's assignment to an app
// whose list of users is cut off.
type Standing struct {
	Assigned bool      // or may be
	Exact    bool      // Assigned and Last are what the tenant has
	Last     time.Time // last activity; not Exact: it may be as late as this
	Bounded  bool      // not Exact: Last is known
}

// imaginaryPrefix begins the ids of what a dry run would have created.
const imaginaryPrefix = "dry-run:"

// ImaginaryID returns the id of what a dry run would have created under a name.
func ImaginaryID(name string) string { return imaginaryPrefix + name }

// IsImaginary reports whether an id is one that only a dry run knows.
func IsImaginary(id string) bool { return id == "" || strings.HasPrefix(id, imaginaryPrefix) }

// IsPlain reports whether a character of a name is one of which no filter,
// encoding or store makes anything else.
func IsPlain(r rune) bool {
	return r < 0x7f && ('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("@.-_", r))
}
