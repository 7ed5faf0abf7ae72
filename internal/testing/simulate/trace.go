package simulate

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"time"
)

// trace is a hash over all that happened in a run, with its virtual times: two
// runs that have the same one did the same. It can tell a story as well.
type trace struct {
	sum   hash.Hash64
	story io.Writer // nil: none is told
	began time.Time
}

func newTrace(story io.Writer) *trace {
	return &trace{sum: fnv.New64a(), story: story, began: time.Now()}
}

// noteEvent takes in something that happened now.
func (t *trace) noteEvent(what string, about ...uint64) {
	_, _ = io.WriteString(t.sum, what) // a hash takes everything
	var b [8]byte
	for _, a := range append(about, uint64(time.Now().UnixNano())) {
		binary.LittleEndian.PutUint64(b[:], a)
		_, _ = t.sum.Write(b[:])
	}
}

// tellsStory reports whether a story is wanted.
func (t *trace) tellsStory() bool { return t.story != nil }

// tellLine adds a line to the story.
func (t *trace) tellLine(format string, args ...any) {
	if t.story != nil {
		_, _ = fmt.Fprintf(t.story, "%12.3fs %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...)) // a story that can't be written is lost
	}
}

// String is the hash in short.
func (t *trace) String() string { return fmt.Sprintf("%016x", t.sum.Sum64()) }
