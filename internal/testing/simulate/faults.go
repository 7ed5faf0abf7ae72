package simulate

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// faultStale names the fault that answers a read as it was answered before.
const faultStale = "a read that lags behind"

// refusedConn, resetConn and noRoute are what the network says.
var (
	refusedConn = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	resetConn   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	noName      = &net.DNSError{Err: "server misbehaving", Name: oomnitzaHost, IsTemporary: true}
	dialTimeout = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("i/o timeout")}
	brokenPipe  = &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
)

// allFaults is everything that can go wrong with a request, by name.
var allFaults = completeFaults([]fault{
	// It never leaves.
	{name: "connection refused", unsent: true, broken: refusedConn},
	{name: "name not resolved", unsent: true, broken: noName},
	{name: "connecting times out", unsent: true, broken: dialTimeout, lag: lagBetween(15*time.Second, 15*time.Second)},

	// It is written and does not land.
	{name: "reset before it landed", broken: resetConn},
	{name: "broken pipe", broken: brokenPipe},
	{name: "connection closed", broken: io.EOF},
	{name: "no answer, never landed", silent: true},
	{name: "500", spoil: answerFailure(500)},
	{name: "502, a web page", spoil: answerPage(502, "502 Bad Gateway")},
	{name: "503", spoil: answerFailure(503)},
	{name: "503 that says when", spoil: answerWith(503, "application/json", `{"error": "down for maintenance"}`, "Retry-After", "7")},
	{name: "503, an outage page", spoil: answerPage(503, "We'll be back soon")},
	{name: "504", spoil: answerPage(504, "504 Gateway Time-out")},
	{name: "408", spoil: answerFailure(408)},
	{name: "425", spoil: answerFailure(425)},
	{name: "429 with seconds", spoil: tooMany(func(wait time.Duration, h http.Header) string {
		h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		return ""
	})},
	{name: "429 with a date", spoil: tooMany(func(wait time.Duration, h http.Header) string {
		h.Set("Retry-After", time.Now().Add(wait).UTC().Format(http.TimeFormat))
		return ""
	})},
	{name: "429 in words", spoil: tooMany(func(wait time.Duration, _ http.Header) string {
		return " Expected available in " + strconv.Itoa(int(wait.Seconds())) + " seconds."
	})},
	{name: "429 without a time", spoil: tooMany(func(time.Duration, http.Header) string { return "" })},
	{name: "a login page", denies: true, spoil: answerPage(200, "Sign in to your account")},
	{name: "a redirect to a login", denies: true, spoil: answerWith(302, "text/html", "", "Location", "https://login.example.com/?return=somewhere")},
	{name: "401", denies: true, spoil: answerFailure(401)},
	{name: "403", denies: true, spoil: answerFailure(403)},

	// It lands, and the client does not see what came of it.
	{name: "reset after it landed", lands: 1, broken: resetConn},
	{name: "closed after it landed", lands: 1, broken: io.EOF},
	{name: "no answer, but it landed", lands: 1, silent: true},
	{name: "504 after it landed", lands: 1, spoil: answerPage(504, "504 Gateway Time-out")},
	{name: "500 after it landed", lands: 1, spoil: answerFailure(500)},
	{name: "answer cut off", lands: 1, spoil: func(_ *exchange, a answer) answer {
		a.body, a.ends = a.body[:len(a.body)/2], io.ErrUnexpectedEOF
		return a
	}},
	{name: "answer truncated", lands: 1, spoil: func(_ *exchange, a answer) answer { return a.withBody(a.body[:len(a.body)*2/3]) }},
	{name: "answer garbled", lands: 1, spoil: func(_ *exchange, a answer) answer {
		return a.withBody(append(bytes.Clone(a.body[:len(a.body)/2]), `,,"\x`...))
	}},
	{name: "answer empty", lands: 1, reading: true, spoil: func(_ *exchange, a answer) answer { return a.withBody(nil) }},
	{name: "answer null", lands: 1, reading: true, spoil: func(_ *exchange, a answer) answer { return a.withBody([]byte("null")) }},

	// It lands, and the answer is good but odd.
	{name: "late answer", lands: 1, shown: true, lag: lagBetween(20*time.Second, 50*time.Second)},
	{name: "answer after the time limit", lands: 1, lag: lagBetween(60*time.Second, 130*time.Second)},
	{name: "answer trickles", lands: 1, shown: true, spoil: func(x *exchange, a answer) answer {
		a.trickle = lagBetween(20*time.Second, 120*time.Second)(x)
		return a
	}},
	{name: "landed late", lands: 1, shown: true, late: true, lag: lagBetween(5*time.Second, 40*time.Second)},
	{name: "landed twice", lands: 2, lag: lagBetween(0, 2*time.Second)},
	{name: "landed twice, reset after", lands: 2, lag: lagBetween(0, 2*time.Second), broken: resetConn},
	{name: "answer with a byte order mark", lands: 1, shown: true, spoil: func(_ *exchange, a answer) answer {
		return a.withBody(append([]byte("\ufeff"), a.body...))
	}},
	{name: faultStale, lands: 1, reading: true, spoil: func(x *exchange, _ answer) answer { return *x.before }},
})

// withBody is the answer with another body.
func (a answer) withBody(body []byte) answer {
	a.body, a.length = body, int64(len(body))
	a.header = a.header.Clone()
	a.header.Del("Content-Length")
	return a
}

// completeFaults fills in what most faults leave open.
func completeFaults(faults []fault) []fault {
	for i := range faults {
		f := &faults[i]
		f.index = uint64(i + 1)
		if f.lag == nil {
			f.lag = func(*exchange) time.Duration { return 0 }
		}
		switch own := f.spoil; {
		case f.silent:
			f.spoil = func(*exchange, answer) answer { return answer{} }
		case f.broken != nil:
			f.spoil = func(*exchange, answer) answer { return answer{err: f.broken} }
		case own == nil:
			f.spoil = func(_ *exchange, a answer) answer { return a }
		default:
			f.spoil = func(x *exchange, a answer) answer {
				if f.lands > 0 && a.err != nil {
					return a // the tenant itself gave none
				}
				return own(x, a)
			}
		}
	}
	return faults
}

// FaultNames are the names of everything that can go wrong with a request.
func FaultNames() []string {
	var out []string
	for _, f := range allFaults {
		out = append(out, f.name)
	}
	return out
}

// faultNamed finds a fault.
func faultNamed(name string) *fault {
	i := slices.IndexFunc(allFaults, func(f fault) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &allFaults[i]
}
