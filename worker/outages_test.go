package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/httpx"
)

func TestTheLogTellsWhenAnOutageBeginsAndWhenItIsOver(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	exchange := func(peer string, after time.Duration, kind httpx.Kind) httpx.Exchange {
		return httpx.Exchange{Peer: peer, Began: noon.Add(after), Took: time.Second, Kind: kind}
	}
	ended := exchange("Defender", 12*time.Second, "")
	ended.Ended = true
	for name, tc := range map[string]struct {
		seen  []httpx.Exchange
		tells []string // each line has these words
	}{
		"one failure":                     {[]httpx.Exchange{exchange("Defender", 0, httpx.KindServer), exchange("Defender", time.Minute, "")}, nil},
		"failures within a moment":        {[]httpx.Exchange{exchange("Defender", 0, httpx.KindServer), exchange("Defender", 9*time.Second, httpx.KindServer), exchange("Defender", 10*time.Second, "")}, nil},
		"answers that are no outage":      {[]httpx.Exchange{exchange("Defender", 0, httpx.KindRateLimited), exchange("Defender", time.Minute, httpx.KindRateLimited)}, nil},
		"a request that was given up":     {[]httpx.Exchange{exchange("Defender", 0, httpx.KindServer), ended, exchange("Defender", 20*time.Second, httpx.KindServer)}, []string{"outage begun: Defender"}},
		"two tenants, one of them is out": {[]httpx.Exchange{exchange("Oomnitza", 0, httpx.KindNetwork), exchange("Defender", 5*time.Second, ""), exchange("Oomnitza", 30*time.Second, httpx.KindNetwork)}, []string{"outage begun: Oomnitza"}},
		"an outage, told once each way": {[]httpx.Exchange{
			exchange("Defender", 0, httpx.KindNetwork), exchange("Defender", 10*time.Second, httpx.KindServer), exchange("Defender", 70*time.Second, httpx.KindBadAnswer),
			exchange("Defender", 130*time.Second, httpx.KindRefused), exchange("Defender", 131*time.Second, ""),
		}, []string{`"failure":"` + string(httpx.KindServer) + `"`, `"lastedSeconds":130,`}},
	} {
		var out bytes.Buffer
		l := newOutageLog(zerolog.New(&out))
		for _, x := range tc.seen {
			l.observe(x)
		}
		got := strings.SplitAfter(out.String(), "\n")
		got = got[:len(got)-1]
		if len(got) != len(tc.tells) {
			t.Errorf("%s: it tells %q", name, got)
			continue
		}
		for i, want := range tc.tells {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q does not have %s", name, got[i], want)
			}
		}
	}
}
