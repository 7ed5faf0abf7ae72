package main

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/httpx"
	"defendersync/internal/metrics"
)

// outageAfter is how long nothing of a peer may have worked before the log calls it an
// outage. A request that fails alone is tried again at once.
const outageAfter = 10 * time.Second

// outageLog tells in the log when a peer has gone, and when it is back. It is safe for
// concurrent use.
type outageLog struct {
	log zerolog.Logger

	mu    sync.Mutex
	since map[string]outageSpan // by peer, of those whose latest request failed
}

// outageSpan is a time in which nothing of a peer worked.
type outageSpan struct {
	from time.Time
	told bool
}

func newOutageLog(log zerolog.Logger) *outageLog {
	return &outageLog{log: log, since: map[string]outageSpan{}}
}

// observe takes in a request.
func (l *outageLog) observe(x httpx.Exchange) {
	if x.Ended {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := x.Began.Add(x.Took)
	span, failing := l.since[x.Peer]
	switch {
	case metrics.IsOutage(x.Kind) && !failing:
		l.since[x.Peer] = outageSpan{from: at}
	case metrics.IsOutage(x.Kind) && !span.told && at.Sub(span.from) >= outageAfter:
		span.told = true
		l.since[x.Peer] = span
		l.log.Warn().Str("peer", x.Peer).Time("since", span.from).Str("failure", string(x.Kind)).Msg("outage begun: " + x.Peer + " does not answer, and is asked again until it does")
	case metrics.IsOutage(x.Kind):
	default:
		delete(l.since, x.Peer)
		if span.told {
			l.log.Info().Str("peer", x.Peer).Time("since", span.from).Float64("lastedSeconds", at.Sub(span.from).Round(time.Second).Seconds()).Msg("outage over: " + x.Peer + " answers again")
		}
	}
}
