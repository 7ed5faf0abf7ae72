package metrics

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"defendersync/internal/httpx"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// asked is a request that began some time after noon.
func asked(after, took time.Duration, kind httpx.Kind) httpx.Exchange {
	return httpx.Exchange{Peer: "Defender", Began: noon.Add(after), Took: took, Kind: kind}
}

func TestOutageIsTheTimeFromAFailureToTheNextAnswer(t *testing.T) {
	const s, m = time.Second, time.Minute
	given := asked(0, m, "")
	given.Ended = true
	for name, tc := range map[string]struct {
		requests []httpx.Exchange
		want     time.Duration
	}{
		"no request":                 {nil, 0},
		"answers":                    {[]httpx.Exchange{asked(0, s, ""), asked(m, s, httpx.KindRefused), asked(2*m, s, httpx.KindRateLimited)}, 0},
		"one that hangs":             {[]httpx.Exchange{asked(0, 2*m, httpx.KindNetwork)}, 2 * m},
		"down and up":                {[]httpx.Exchange{asked(0, s, httpx.KindServer), asked(30*s, s, httpx.KindServer), asked(m, s, "")}, m + s},
		"up with a refusal":          {[]httpx.Exchange{asked(0, s, httpx.KindServer), asked(m, s, httpx.KindNotFound)}, m + s},
		"nobody asks meanwhile":      {[]httpx.Exchange{asked(0, s, httpx.KindServer), asked(time.Hour, s, "")}, s + outageGap},
		"nobody asks, and still out": {[]httpx.Exchange{asked(0, s, httpx.KindServer), asked(time.Hour, s, httpx.KindServer)}, 2*s + outageGap},
		"two at a time":              {[]httpx.Exchange{asked(0, 10*s, httpx.KindNetwork), asked(0, 10*s, httpx.KindNetwork)}, 10 * s},
		"one fails among answers":    {[]httpx.Exchange{asked(9*s, s, ""), asked(0, 10*s, httpx.KindServer), asked(10*s, s, "")}, s},
		"given up":                   {[]httpx.Exchange{given}, 0},
	} {
		var o outage
		for _, x := range tc.requests {
			o.note(x)
		}
		if o.total != tc.want {
			t.Errorf("%s: %s, want %s", name, o.total, tc.want)
		}
	}
}

// TestOutageNeverExceedsTheTimeThatWentBy: whatever overlaps, no moment counts twice.
func TestOutageNeverExceedsTheTimeThatWentBy(t *testing.T) {
	kinds := []httpx.Kind{"", httpx.KindNetwork, httpx.KindServer, httpx.KindRateLimited}
	rapid.Check(t, func(t *rapid.T) {
		var o outage
		end := noon
		for range rapid.IntRange(1, 30).Draw(t, "requests") {
			took := time.Duration(rapid.IntRange(0, 200).Draw(t, "took")) * time.Second
			end = end.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "pause")) * time.Second)
			began := later(noon, end.Add(-took)) // they end in order, as they are observed
			before := o.total
			o.note(httpx.Exchange{Began: began, Took: end.Sub(began), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")})
			if o.total < before || o.total > end.Sub(noon) {
				t.Fatalf("%s after %s, before %s", o.total, end.Sub(noon), before)
			}
		}
	})
}
