package httpx

import "sync/atomic"

// believeAfter is how often in a row a login page or a redirect has to come
// before it is taken for what the peer always answers. Asking takes
// several seconds, in which a gateway may be back.
const confirmElsewhere = 4

// OddLooks is the same of an answer of an unknown shape.
const OddLooks = 3

// Doubts is what a client remembers to judge answers by that mean a wrong
// setting when they keep coming, and nothing when they come once: whether
// other requests worked meanwhile. Its zero value is ready; it is safe for
// concurrent use.
type Doubts struct{ worked atomic.Int64 }

// NoteSuccess notes a request that worked.
func (d *Doubts) NoteSuccess() { d.worked.Add(1) }

// Look begins a request.
func (d *Doubts) Look() Look { return Look{doubts: d} }

// Look is one request, which may be asked several times.
type Look struct {
	doubts *Doubts
	seen   int   // doubtful answers so far
	worked int64 // requests that had worked at the first of them
}

// AskAgain reports whether an error is to be doubted, and the request sent again;
// tries counts the pauses so far. An error that came as often as it takes is
// believed, unless another request worked meanwhile: then the peer's settings
// are right, and the answer to this request is merely bad.
func (l *Look) AskAgain(e *Error) (tries int, again bool) {
	if e.Looks == 0 {
		return 0, false
	}
	if l.seen == 0 {
		l.worked = l.doubts.worked.Load()
	}
	if l.seen++; l.seen < e.Looks {
		return l.seen - 1, true
	}
	l.seen = 0
	if l.doubts.worked.Load() != l.worked {
		e.Kind = KindBadAnswer
	}
	return 0, false
}
