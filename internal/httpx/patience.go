package httpx

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// wholeShare is how many time limits a whole answer may take while its bytes keep
// coming.
const wholeShare = 5

// sendPatiently sends a request under the client's time limit, which here bounds
// the silence of the peer and not the work: the time until the answer begins, and
// then the time between two pieces of its body. A server that is slow but makes
// progress is waited for, up to five times the limit in all; one that is silent for
// the whole limit is not. The caller must close the body.
func sendPatiently(client *http.Client, req *http.Request) (*http.Response, error) {
	if client.Timeout == 0 {
		return client.Do(req)
	}
	ctx, cancel := context.WithCancel(req.Context())
	w := &watchedBody{limit: client.Timeout, cancel: cancel}
	w.silence = time.AfterFunc(w.limit, w.expireLimit)
	w.whole = time.AfterFunc(wholeShare*w.limit, w.expireLimit)
	patient := *client
	patient.Timeout = 0
	resp, err := patient.Do(req.WithContext(ctx))
	if err != nil {
		w.stopTimers()
		return nil, w.explainError(err)
	}
	w.silence.Reset(w.limit)
	w.body = resp.Body
	resp.Body = w
	return resp, nil
}

// watchedBody is the body of an answer, read under a limit of silence.
type watchedBody struct {
	body    io.ReadCloser
	limit   time.Duration
	cancel  context.CancelFunc
	silence *time.Timer
	whole   *time.Timer
	expired atomic.Bool
}

func (w *watchedBody) expireLimit() {
	w.expired.Store(true)
	w.cancel()
}

// Read reads on. Every piece that comes begins the silence anew. While nobody reads,
// the peer is not to blame, so the silence counts during a read only.
func (w *watchedBody) Read(p []byte) (int, error) {
	w.silence.Reset(w.limit)
	n, err := w.body.Read(p)
	w.silence.Stop()
	if err != nil && err != io.EOF {
		err = w.explainError(err)
	}
	return n, err
}

// Close ends the watch and the body.
func (w *watchedBody) Close() error {
	w.stopTimers()
	return w.body.Close()
}

func (w *watchedBody) stopTimers() {
	w.silence.Stop()
	w.whole.Stop()
	w.cancel()
}

// explainError tells a time limit from what else ended a request.
func (w *watchedBody) explainError(err error) error {
	if w.expired.Load() {
		return errSilent
	}
	return err
}

// errSilent is the error of a request whose time limit is over.
var errSilent error = silenceError{errors.New("the time limit is over")}

type silenceError struct{ error }

// Timeout marks it as a time limit, as net.Error does.
func (silenceError) Timeout() bool { return true }
