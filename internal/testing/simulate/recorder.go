package simulate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// answer is what a tenant answers, as it goes over the wire.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	length  int64         // as declared
	ends    error         // what the client reads after the body; nil: its end
	trickle time.Duration // how long the body takes
	err     error         // the answer is none: what the client sees instead
}

// maxAnswer is how much of an answer is taken: beyond it the client has long
// hung up.
const maxAnswer = 24 << 20

var errHungUp = errors.New("the client has hung up")

// errDropped is what a client sees of a connection that ends before an answer.
var errDropped = io.EOF

// recorder takes in a tenant's answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	raw    *rawConn
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.body.Len() > maxAnswer {
		return 0, errHungUp
	}
	return r.body.Write(p)
}

// FlushError lets http.ResponseController flush.
func (r *recorder) FlushError() error { return nil }

// Hijack lets a tenant write what net/http would not write.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.raw = &rawConn{}
	return r.raw, nil, nil
}

// serveRequest has a tenant answer a request; a panic by which net/http closes the
// connection is an answer that is none.
func serveRequest(tenant http.Handler, req *http.Request) (a answer) {
	rec := newRecorder()
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p != http.ErrAbortHandler:
			panic(p)
		case rec.status == 0:
			a = answer{err: errDropped}
		default:
			a = rec.recordedAnswer(req)
			a.ends = io.ErrUnexpectedEOF
		}
	}()
	tenant.ServeHTTP(rec, req)
	return rec.recordedAnswer(req)
}

// recordedAnswer is what was recorded.
func (r *recorder) recordedAnswer(req *http.Request) answer {
	if r.raw != nil {
		return r.raw.readAnswer(req)
	}
	r.WriteHeader(http.StatusOK)
	return answer{status: r.status, header: r.header, body: r.body.Bytes(), length: int64(r.body.Len())}
}

// rawConn takes in what is written to a connection.
type rawConn struct{ out bytes.Buffer }

// readAnswer is what net/http reads from the connection.
func (c *rawConn) readAnswer(req *http.Request) answer {
	resp, err := http.ReadResponse(bufio.NewReader(&c.out), req)
	if err != nil {
		return answer{err: err}
	}
	body, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: body, length: resp.ContentLength, ends: err}
}

func (c *rawConn) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *rawConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *rawConn) Close() error                     { return nil }
func (c *rawConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *rawConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *rawConn) SetDeadline(time.Time) error      { return nil }
func (c *rawConn) SetReadDeadline(time.Time) error  { return nil }
func (c *rawConn) SetWriteDeadline(time.Time) error { return nil }

// toResponse is the answer as a client gets it.
func (a answer) toResponse(req *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: &reading{left: a.body, ends: a.ends, pause: a.trickle / pieces, req: req}, ContentLength: a.length, Request: req,
	}
}

// pieces is in how many pieces an answer trickles.
const pieces = 10

// reading is the body of an answer as it is read.
type reading struct {
	left  []byte
	ends  error
	pause time.Duration
	piece int
	req   *http.Request
}

// Read implements io.Reader.
func (r *reading) Read(p []byte) (int, error) {
	if err := r.req.Context().Err(); err != nil {
		return 0, err
	}
	if r.pause > 0 && r.piece < pieces {
		r.piece++
		timer := time.NewTimer(r.pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.req.Context().Done():
			return 0, r.req.Context().Err()
		}
		if n := len(r.left)/(pieces-r.piece+1) + 1; len(p) > n {
			p = p[:n]
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	if len(r.left) > 0 || n > 0 && r.ends == nil {
		return n, nil
	}
	if r.ends == nil {
		return n, io.EOF
	}
	return n, r.ends
}

// Close implements io.Closer.
func (r *reading) Close() error { return nil }
