package httpx

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// endless gives the same piece for ever and counts what was taken.
type endless struct {
	piece string
	at    int
	taken int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.piece[e.at:])
	e.at = (e.at + n) % len(e.piece)
	e.taken += int64(n)
	return n, nil
}

// bombs are answers that never end; each begins well.
var bombs = map[string]struct{ begin, piece string }{
	"a string":            {`[{"user_id":"`, strings.Repeat("a", 4096)},
	"white space":         {`[`, strings.Repeat(" ", 4096)},
	"rows":                {`[{"user_id":1}`, `,{"user_id":1}`},
	"empty rows":          {`[{}`, `,{}`},
	"a row":               {`[{"a":1`, `,"a":1`},
	"nesting":             {`[`, `[`},
	"a number":            {`[1`, "1111111111111111"},
	"rows that are large": {`[{"a":""}`, `,{"a":"` + strings.Repeat("b", 900<<10) + `"}`},
}

func TestAListThatNeverEndsIsReadSoFarAndNoFurther(t *testing.T) {
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			rest := &endless{piece: bomb.piece}
			rows := NewRows(io.MultiReader(strings.NewReader(bomb.begin), rest))
			peak := peakOf(t, func() {
				var err error
				for err == nil {
					_, err = rows.NextRow()
				}
				var syntax *jsontext.SyntacticError
				if !errors.Is(err, ErrTooLong) && !errors.As(err, &syntax) {
					t.Error(err)
				}
			})
			if most := int64(MaxStreamRows*meanRow + 2*MaxRow); rest.taken > most {
				t.Errorf("%d bytes were read", rest.taken)
			}
			if peak > 16<<20 {
				t.Errorf("%d MB were in use", peak>>20)
			}
		})
	}
}

// peakOf is by how much the heap grew at most while something ran, as seen
// whenever garbage was collected.
func peakOf(t *testing.T, run func()) (peak uint64) {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() { defer close(done); run() }()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			runtime.GC()
		}
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > before.HeapAlloc {
			peak = max(peak, now.HeapAlloc-before.HeapAlloc)
		}
	}
	return peak
}

func TestALongLegitimateListIsReadToItsEnd(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("[")
	for i := range 150_000 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"user_id":%d,"username":"somebody.%d@contoso.com","roles":[],"note":"%060d"}`, i, i, i)
	}
	b.WriteString("]")
	rows := NewRows(&b)
	n := 0
	for ; ; n++ {
		row, err := rows.NextRow()
		if err == io.EOF {
			break
		}
		if err != nil || !json.Valid(row) {
			t.Fatal(n, string(row), err)
		}
	}
	if n != 150_000 {
		t.Error(n)
	}
}

func TestABombOnTheWireIsReadNoFurtherThanItsBound(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		rest := &endless{piece: strings.Repeat("a", 1<<16)}
		io.WriteString(z, `["`)
		_, _ = io.Copy(z, io.LimitReader(rest, 2<<30)) // until the client hangs up
	})
	peak := peakOf(t, func() {
		_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
		if e := asError(t, err); e.Kind != KindBadAnswer || !errors.Is(err, ErrTooLong) {
			t.Error(err)
		}
	})
	if peak > 96<<20 {
		t.Errorf("%d MB were in use", peak>>20)
	}
}

// raw serves one answer as it is, byte by byte.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 4096)
				_, _ = conn.Read(buf)
				_, _ = io.WriteString(conn, answer)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestAnAnswerThatLiesAboutItselfIsABadAnswer(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, answer := range map[string]string{
		"a length that is too long":  ok + "Content-Length: 50\r\n\r\n{}",
		"a length beyond all bounds": ok + "Content-Length: 9223372036854775807\r\n\r\n{}",
		"a length beyond numbers":    ok + "Content-Length: 92233720368547758070\r\n\r\n{}",
		"a negative length":          ok + "Content-Length: -5\r\n\r\n{}",
		"a length in words":          ok + "Content-Length: two\r\n\r\n{}",
		"two lengths":                ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"a chunk of no size":         ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
		"a chunk that breaks off":    ok + "Transfer-Encoding: chunked\r\n\r\n50\r\n{}",
		"headers without end":        ok + "X-A: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n{}",
		"no HTTP":                    "220 mail.example.com ESMTP\r\n",
		"a header that is none":      ok + "nonsense\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Do(t.Context(), client(t, TransportOptions{}), call(raw(t, answer)))
			if e := asError(t, err); e.Kind != KindBadAnswer || !e.Kind.Retryable() {
				t.Errorf("%v (%s)", err, e.Kind)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// answering answers every request with a body, without a network.
type answering struct{ body io.Reader }

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, ContentLength: -1, Body: io.NopCloser(a.body)}, nil
}

func TestAnAnswerOfAnySizeIsReadToItsBoundAndNoFurther(t *testing.T) {
	for name, tc := range map[string]struct {
		limit int64
		size  int64
		ok    bool
	}{
		"a small one as long as may be":           {1000, 1000, true},
		"a small one of a byte more":              {1000, 1001, false},
		"the largest that is not big":             {bigBody - 1, bigBody - 1, true},
		"a byte more than that":                   {bigBody - 1, bigBody, false},
		"the smallest that is big":                {bigBody, bigBody, true},
		"a byte more than the smallest":           {bigBody, bigBody + 1, false},
		"a big one as long as may be":             {3 * bigBody, 3 * bigBody, true},
		"a big one of a byte more":                {3 * bigBody, 3*bigBody + 1, false},
		"a big one that is not as long as may be": {3 * bigBody, 2 * bigBody, true},
		"one without end":                         {2 * bigBody, 1 << 40, false},
	} {
		rest := &endless{piece: strings.Repeat("1", 4096)}
		c := call("https://contoso.example")
		c.MaxBody = tc.limit
		answer, err := Do(t.Context(), &http.Client{Transport: answering{io.LimitReader(rest, tc.size)}}, c)
		if tc.ok && (err != nil || int64(len(answer.Body)) != tc.size) || !tc.ok && !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: %v", name, err)
		}
		if rest.taken > tc.limit+64<<10 {
			t.Errorf("%s: %d bytes were read", name, rest.taken)
		}
	}
}

func TestAnAnnouncedLengthCostsNoMemory(t *testing.T) {
	url := raw(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{}", DefaultMaxBody-1))
	peak := peakOf(t, func() {
		_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
		asError(t, err)
	})
	if peak > 1<<20 {
		t.Errorf("%d KB for two bytes", peak>>10)
	}
}
