package saas

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcome says how a session ended.
type Outcome string

// The outcomes, in the words that the Sync Sessions list shows.
const (
	OutcomeRunning             Outcome = "Running"
	OutcomeCompleted           Outcome = "Completed"
	OutcomeCompletedWithErrors Outcome = "Completed with errors"
	OutcomeFailed              Outcome = "Failed"
	OutcomeCancelled           Outcome = "Cancelled"
	OutcomeSkipped             Outcome = "Skipped"
)

// The outcomes of sessions that could not report one.
const (
	OutcomeTerminated Outcome = "Terminated"
	OutcomeTimedOut   Outcome = "Timed out"
)

// Counts is what a session did, or in a dry run would have done. Rows that a
// killed worker wrote but had not yet recorded count as unchanged when they
// are seen again.
type Counts struct {
	Apps   AppCounts    `json:"apps"`
	People PeopleCounts `json:"people"`
	Users  UserCounts   `json:"users"`
}

// AppCounts counts discovered apps, once per stream that knows them.
type AppCounts struct {
	Seen      int `json:"seen"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Adopted   int `json:"adopted"`  // made by another integration: its users are synced, its fields left alone
	Rejected  int `json:"rejected"` // could not be read or written
	// NoNews are those whose users were not read, since the apps' rows are as the
	// session before read them. They count as unchanged, updated or adopted as well.
	NoNews int `json:"noNews,omitempty"`
}

// PeopleCounts counts entries of the People page.
type PeopleCounts struct {
	Created  int `json:"created"`
	Rejected int `json:"rejected"`
}

// UserCounts counts SaaS users, that is pairs of app and user.
type UserCounts struct {
	Seen      int `json:"seen"`
	Added     int `json:"added"`
	Updated   int `json:"updated"` // a later last activity was written
	Unchanged int `json:"unchanged"`
	Repeated  int `json:"repeated"` // the same person again in the same list: drift, or another spelling
	Skipped   int `json:"skipped"`  // left out by rule
	Rejected  int `json:"rejected"` // could not be read or written
}

// Add returns the sum of two counts.
func (c Counts) Add(d Counts) Counts {
	c.Apps.Seen += d.Apps.Seen
	c.Apps.Created += d.Apps.Created
	c.Apps.Updated += d.Apps.Updated
	c.Apps.Unchanged += d.Apps.Unchanged
	c.Apps.Adopted += d.Apps.Adopted
	c.Apps.Rejected += d.Apps.Rejected
	c.Apps.NoNews += d.Apps.NoNews
	c.People.Created += d.People.Created
	c.People.Rejected += d.People.Rejected
	c.Users.Seen += d.Users.Seen
	c.Users.Added += d.Users.Added
	c.Users.Updated += d.Users.Updated
	c.Users.Unchanged += d.Users.Unchanged
	c.Users.Repeated += d.Users.Repeated
	c.Users.Skipped += d.Users.Skipped
	c.Users.Rejected += d.Users.Rejected
	return c
}

// Rejected is the number of rows of any kind that could not be read or written.
func (c Counts) Rejected() int { return c.Apps.Rejected + c.People.Rejected + c.Users.Rejected }

// Reject is one row that could not be read or written.
type Reject struct {
	Reason  string `json:"reason"`            // a short, stable class: "user row unreadable"
	Stream  string `json:"stream,omitempty"`  // id of the stream
	App     string `json:"app,omitempty"`     // Defender's app id
	Subject string `json:"subject,omitempty"` // the user or app concerned, as named there
	Detail  string `json:"detail,omitempty"`  // what was said of it
}

// ReasonCount is a number of rows under one reason.
type ReasonCount struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Tally counts rows by reason and keeps a bounded number of samples. Its zero
// value is empty; it is kept sorted by reason, so that it encodes the same
// whatever the order of the rows.
type Tally struct {
	ByReason []ReasonCount `json:"byReason,omitempty"`
	Samples  []Reject      `json:"samples,omitempty"`
}

// Count adds n rows under a reason without a sample.
func (t *Tally) Count(reason string, n int) {
	if n == 0 {
		return
	}
	i, found := slices.BinarySearchFunc(t.ByReason, reason, func(r ReasonCount, s string) int { return strings.Compare(r.Reason, s) })
	if found {
		t.ByReason[i].Count += n
		return
	}
	t.ByReason = slices.Insert(t.ByReason, i, ReasonCount{Reason: reason, Count: n})
}

// MaxSamples bounds the rejected rows that one activity returns in full. With
// the bounds on a row that is 1.7 MB at the very most, and some 400 KB as rows
// are: a result and a heartbeat may have 2 MB.
const MaxSamples = 2000

// Bounds on what a sample keeps of a row, in bytes of JSON: a vendor's message
// may be a page long, and samples are kept by the thousand.
const (
	maxSubject = 200
	maxDetail  = 500
)

// Add counts a row and keeps it as a sample while there are fewer than limit.
func (t *Tally) Add(r Reject, limit int) {
	t.Count(r.Reason, 1)
	if len(t.Samples) < limit {
		r.Subject, r.Detail = clipText(r.Subject, maxSubject), clipText(r.Detail, maxDetail)
		t.Samples = append(t.Samples, r)
	}
}

// clipText shortens a text to what takes so many bytes of JSON.
func clipText(text string, size int) string {
	used, fits := 0, 0 // fits: what leaves room for the mark of a cut
	for i, r := range text {
		if used <= size-len("…") {
			fits = i
		}
		if used += jsonSize(r); used > size {
			return text[:fits] + "…"
		}
	}
	return text
}

// jsonSize is the most bytes that encoding/json takes for a character.
func jsonSize(r rune) int {
	switch {
	case r == '"', r == '\\':
		return 2
	case r < ' ', r == '<', r == '>', r == '&', r == '\u007f', r == '\u2028', r == '\u2029', r == utf8.RuneError:
		return len(`\u003c`)
	}
	return utf8.RuneLen(r)
}

// Merge adds another tally, keeping at most limit samples.
func (t *Tally) Merge(o Tally, limit int) {
	for _, r := range o.ByReason {
		t.Count(r.Reason, r.Count)
	}
	if room := limit - len(t.Samples); room > 0 {
		t.Samples = append(t.Samples, o.Samples[:min(room, len(o.Samples))]...)
	}
}

// Total is the number of rows counted.
func (t Tally) Total() int {
	n := 0
	for _, r := range t.ByReason {
		n += r.Count
	}
	return n
}

// Requests is what a session asked of the two tenants.
type Requests struct {
	Defender    int           `json:"defender"`    // on the tenant's budget
	Oomnitza    int           `json:"oomnitza"`    // of any kind
	RateLimited int           `json:"rateLimited"` // answered 429 by either
	Waited      time.Duration `json:"waited"`      // spent waiting for the Defender budget, summed over requests
}

// Add returns the sum of two.
func (r Requests) Add(o Requests) Requests {
	return Requests{
		Defender:    r.Defender + o.Defender,
		Oomnitza:    r.Oomnitza + o.Oomnitza,
		RateLimited: r.RateLimited + o.RateLimited,
		Waited:      r.Waited + o.Waited,
	}
}

// Sub returns what was asked after an earlier reading of the same counters.
func (r Requests) Sub(before Requests) Requests {
	return Requests{
		Defender:    r.Defender - before.Defender,
		Oomnitza:    r.Oomnitza - before.Oomnitza,
		RateLimited: r.RateLimited - before.RateLimited,
		Waited:      r.Waited - before.Waited,
	}
}
