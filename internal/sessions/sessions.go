// Package sessions is the read model of an integration's sessions. Whatever the
// commands, the watch and the dashboard know of sessions they read through it: which
// session holds the lane, where one is, how far it has got, how it ended, which rows
// it rejected, and what the watch remembers.
//
// It is the only package that decodes what the workflows leave in Temporal: results,
// failures, heartbeats, signals, memos and search attributes. It starts and changes
// nothing. It needs no worker, except to ask for a session's latest progress.
package sessions

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/contract"
)

// Reader reads the sessions of one integration.
type Reader struct {
	Temporal    client.Client
	Namespace   string
	Integration string
	// Converter decodes payloads; nil is the SDK's default. To read encrypted
	// payloads it needs the workers' keys.
	Converter converter.DataConverter
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
}

// Session is one session as far as Temporal knows it. The embedded result is what the
// session reported at its end. Of a session that is still running, or that could not
// report, it holds what was known last.
type Session struct {
	contract.SessionResult
	Run string // Temporal's run id

	Progress *Progress    // of a running session that holds the lane
	Queued   *OpenSession // of a running session that no worker has picked up
	Unclear  string       // why the counts are unknown
	KeyError error        // why they are, if a wrong encryption key is the reason; see ErrKey
}

// EndOrNow returns when the session ended, or the present time while it runs.
func (s Session) EndOrNow(now time.Time) time.Time {
	if s.Ended.IsZero() {
		return now
	}
	return s.Ended
}

// DescribeMode says how much the session reads.
func (s Session) DescribeMode() string {
	var parts []string
	if s.DryRun {
		parts = append(parts, "dry run")
	}
	if s.Mode != "" {
		parts = append(parts, s.Mode)
	}
	if s.LimitApps > 0 {
		parts = append(parts, fmt.Sprintf("first %d apps", s.LimitApps))
	}
	return strings.Join(parts, ", ")
}

// setUnclear records why the session's counts are unknown.
func (s *Session) setUnclear(err error) {
	s.Unclear = err.Error()
	if isKeyError(err) {
		s.KeyError = err
	}
}

// setProgress takes over what the session's Sync reported.
func (s *Session) setProgress(p contract.Progress) {
	s.Counts, s.Requests, s.Pages, s.Warnings = p.Counts, p.Requests, p.Pages, p.Warnings
	s.Streams, s.Reason = p.Streams, p.Reason
	if p.Mode != "" {
		s.Mode = p.Mode
	}
}

func (r Reader) now() time.Time {
	if r.Clock != nil {
		return r.Clock()
	}
	return time.Now()
}

// dataConverter returns the converter that decodes payloads.
func (r Reader) dataConverter() converter.DataConverter {
	if r.Converter != nil {
		return r.Converter
	}
	return converter.GetDefaultDataConverter()
}
