package openapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Watched is a handler of the API whose requests and good answers are held
// against the description.
type Watched struct {
	doc  *Doc
	next http.Handler

	mu       sync.Mutex
	answers  int
	problems []string
}

// WatchHandler stands before a handler.
func WatchHandler(doc *Doc, next http.Handler) *Watched { return &Watched{doc: doc, next: next} }

// ServeHTTP implements http.Handler.
func (w *Watched) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what breaks off is no valid request
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.next.ServeHTTP(answer, r)
	w.judgeExchange(r, string(body), answer)
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes()) // a client that has gone away is its own affair
}

func (w *Watched) judgeExchange(r *http.Request, body string, answer *httptest.ResponseRecorder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers++
	if err := w.doc.CheckRequest(Request{r.Method, r.URL.Path, r.URL.Query(), r.Header, body}); err != nil {
		w.problems = append(w.problems, fmt.Sprintf("the request %s %s: %v", r.Method, r.URL, err))
	}
	if answer.Code < 300 {
		if err := w.doc.CheckAnswer(r.Method, r.URL.Path, answer.Code, answer.Body.Bytes()); err != nil {
			w.problems = append(w.problems, fmt.Sprintf("the answer to %s %s: %v", r.Method, r.URL, err))
		}
	}
}

// CountSeen is how many answers there were, and what was wrong with them and with
// their requests.
func (w *Watched) CountSeen() (answers int, problems []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers, append([]string{}, w.problems...)
}
