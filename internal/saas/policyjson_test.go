package saas

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAPolicyIsShownReadablyAndReadBackTheSame(t *testing.T) {
	p := Policy{
		Streams: []string{"Global View"}, DefaultRole: 25, UsernameFormat: "email", ExcludeUsers: []string{"svc*"},
		Lookback: 90 * Day, Overlap: 72*time.Hour + time.Minute, FullEvery: 7 * Day, ActiveThreshold: 60 * Day,
		AppThresholds: map[string]time.Duration{"Dropbox": 36 * time.Hour}, Heartbeat: 1500 * time.Millisecond, GiveUp: 6 * time.Hour, MaxRetryApps: 100,
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"lookback":"90d"`, `"overlap":"72h1m"`, `"Dropbox":"36h"`, `"heartbeat":"1.5s"`, `"giveUp":"6h"`, `"streams":["Global View"]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	var back Policy
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("read back as %+v (%v)", back, err)
	}
}

func TestADurationComesBackAsItWas(t *testing.T) {
	for _, d := range []time.Duration{0, time.Nanosecond, 20 * time.Second, 10 * time.Minute, 90 * time.Second, 36 * time.Hour, 90 * Day, 10*time.Hour + 20*time.Second, -time.Hour} {
		text, err := json.Marshal(Policy{GiveUp: d})
		var back Policy
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back.GiveUp != d {
			t.Errorf("%s came back as %s (%v)", d, back.GiveUp, err)
		}
	}
}

func TestAPolicyWithDurationsAsNumbersIsRead(t *testing.T) {
	var p Policy
	if err := json.Unmarshal([]byte(`{"overlap": 259200000000000, "heartbeat": "0s", "giveUp": "20s"}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.Overlap != 72*time.Hour || p.Heartbeat != 0 || p.GiveUp != 20*time.Second {
		t.Errorf("read as %+v", p)
	}
}

func TestAMistypedDurationInAPolicyIsAnError(t *testing.T) {
	for _, text := range []string{`{"overlap": "soon"}`, `{"lookback": "xd"}`, `{"giveUp": []}`} {
		var p Policy
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("%s was read as %+v", text, p)
		}
	}
}
