package saas

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/moment"
)

// Span is a duration that JSON shows as people write it, "72h" or "90d": the
// policy is read in the Web UI by those who want to know what a session ran
// with.
type Span time.Duration

func (s Span) MarshalText() ([]byte, error) {
	d := time.Duration(s)
	if d != 0 && d%Day == 0 {
		return fmt.Appendf(nil, "%dd", d/Day), nil
	}
	text := d.String() // 36h0m0s
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return []byte(text), nil
}

// UnmarshalJSON also takes a number of nanoseconds.
func (s *Span) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return json.Unmarshal(b, (*time.Duration)(s))
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int64
		if _, err := fmt.Sscan(days, &n); err != nil {
			return fmt.Errorf("read duration %q: %w", text, err)
		}
		*s = Span(time.Duration(n) * Day)
		return nil
	}
	d, err := time.ParseDuration(text)
	*s = Span(d)
	return err
}

// plainPolicy has the policy's fields and none of its methods.
type plainPolicy Policy

// policyJSON is the policy with its durations as spans.
type policyJSON struct {
	plainPolicy
	Lookback        Span            `json:"lookback"`
	Overlap         Span            `json:"overlap"`
	FullEvery       Span            `json:"fullEvery"`
	ActiveThreshold Span            `json:"activeThreshold"`
	AppThresholds   map[string]Span `json:"appThresholds,omitempty"`
	Heartbeat       Span            `json:"heartbeat"`
	GiveUp          Span            `json:"giveUp"`
}

// MarshalJSON shows durations as people write them.
func (p Policy) MarshalJSON() ([]byte, error) {
	out := policyJSON{
		plainPolicy: plainPolicy(p), Lookback: Span(p.Lookback), Overlap: Span(p.Overlap), FullEvery: Span(p.FullEvery),
		ActiveThreshold: Span(p.ActiveThreshold), Heartbeat: Span(p.Heartbeat), GiveUp: Span(p.GiveUp),
	}
	for name, d := range p.AppThresholds {
		if out.AppThresholds == nil {
			out.AppThresholds = map[string]Span{}
		}
		out.AppThresholds[name] = Span(d)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote, and durations as numbers.
func (p *Policy) UnmarshalJSON(b []byte) error {
	var in policyJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*p = Policy(in.plainPolicy)
	p.Lookback, p.Overlap, p.FullEvery = time.Duration(in.Lookback), time.Duration(in.Overlap), time.Duration(in.FullEvery)
	p.ActiveThreshold, p.Heartbeat, p.GiveUp = time.Duration(in.ActiveThreshold), time.Duration(in.Heartbeat), time.Duration(in.GiveUp)
	for name, d := range in.AppThresholds {
		if p.AppThresholds == nil {
			p.AppThresholds = map[string]time.Duration{}
		}
		p.AppThresholds[name] = time.Duration(d)
	}
	return nil
}

// Zone is the zone of times that operators read.
func (p Policy) Zone() *time.Location { return moment.LoadZone(p.Timezone) }
