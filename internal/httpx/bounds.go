package httpx

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Bounds of what a peer may send. Each is a number of rows, times what a row
// may plausibly take; the bytes are those after unpacking. Beyond a bound a
// request fails as one whose answer was cut off.
const (
	// DefaultMaxBody bounds an answer that is read whole, in bytes: 500 rows, the
	// most that are asked for at once, of 32 KB.
	DefaultMaxBody = 16 << 20
	// MaxRow bounds one row, in bytes: the longest seen, an app with 355
	// domains, has 12 KB.
	MaxRow = 1 << 20
	// MaxStreamRows bounds a list that is read as it comes: the users of one
	// app. The largest employers have two million people.
	MaxStreamRows = 2_000_000
	// meanRow is what the rows of such a list take on average at most; 400 bytes
	// are usual.
	meanRow = 2 << 10
	// maxErrorBody is how much of an error's body is read for the peer's words.
	maxErrorBody = 64 << 10
	// maxHeader bounds the headers of an answer; Go's own bound is 10 MB.
	maxHeader = 128 << 10
	// bigBody is from where on an answer is big: only bigBodies of those are
	// read at a time, so that many at once can't fill the memory.
	bigBody   = 1 << 20
	bigBodies = 2
)

// ErrTooLong marks an answer beyond its bound.
var ErrTooLong = errors.New("the answer is longer than any that was expected, and was not read on")

// reading holds those who read a big answer.
var reading = make(chan struct{}, bigBodies)

// readAll reads a body within limit, into a buffer of the announced size where
// there is one and it is not big: a header alone costs no memory.
func readAll(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, ErrTooLong
	}
	size := 16 << 10
	if resp.ContentLength >= 0 {
		size = int(min(resp.ContentLength, bigBody/4)) + bytes.MinRead
	}
	buf := bytes.NewBuffer(make([]byte, 0, size))
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, min(limit+1, bigBody)))
	if err == nil && n == bigBody && limit >= bigBody {
		select {
		case reading <- struct{}{}:
			defer func() { <-reading }()
		case <-resp.Request.Context().Done():
			return nil, errSilent // or the caller's own doing, which is told before
		}
		_, err = buf.ReadFrom(io.LimitReader(resp.Body, limit+1-n))
	}
	if err != nil {
		return nil, err
	}
	if int64(buf.Len()) > limit {
		return nil, ErrTooLong
	}
	return buf.Bytes(), nil
}
